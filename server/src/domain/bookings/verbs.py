"""What the record says of bookings."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("booking.confirmed", mark("Confirmed"))
verb("booking.requested", mark("Requested"))
verb("booking.changed", mark("Changed"))
verb("booking.cancelled", mark("Cancelled"))
verb("booking.restored", mark("The cancellation was taken back"))
verb("booking.rejected", mark("Rejected"))
verb("booking.expired", mark("The request lapsed"))
verb("booking.started", mark("Checked in"))
verb("booking.completed", mark("Ended"))
verb("booking.no-show", mark("Nobody checked in"))
verb("booking.overridden", mark("Rules were passed over"))
verb("booking.displaced", mark("Displaced"))
verb("booking.kept", mark("Kept through a closure"))
