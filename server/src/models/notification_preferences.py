"""How people want to be told, on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from src.domain.notifications import Channel, Mode
from src.domain.notifications.deliveries import DeliveryView
from src.domain.notifications.follows import FollowView
from src.domain.notifications.preferences import KindView, PreferencesView, Wish
from src.domain.notifications.tables import DeliveryState
from src.models.common import Reference, Wire, absent

Minute = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])
]  # fmt: skip
KindName = Annotated[str, Field(max_length=60, pattern=r"^[^\x00]*$")]


def _said(minute: int | None) -> str | None:
    return None if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def _meant(said: str | None) -> int | None:
    return None if said is None else int(said[:2]) * 60 + int(said[3:])


class KindPreferenceRead(Wire):
    """One kind of notifications. What `is_fixed` is always told at once."""

    kind: str
    group: str
    title: str
    is_fixed: bool
    is_safety: bool
    app: Mode
    mail: Mode
    default_app: Mode
    default_mail: Mode

    @classmethod
    def of(cls, view: KindView) -> Self:
        """From what the domain shows."""
        return cls(
            kind=view.name,
            group=view.group,
            title=view.title,
            is_fixed=view.is_fixed,
            is_safety=view.is_safety,
            app=view.app,
            mail=view.mail,
            default_app=view.default[Channel.APP],
            default_mail=view.default[Channel.MAIL],
        )


class PreferencesRead(Wire):
    """How you hear of each kind; times are those of the wall clock in `timezone`."""

    timezone: str
    quiet_from: str | None
    quiet_to: str | None
    digest_at: str
    kinds: list[KindPreferenceRead]
    version: int

    @classmethod
    def of(cls, view: PreferencesView) -> Self:
        """From what the domain shows."""
        return cls(
            timezone=view.timezone,
            quiet_from=_said(view.quiet_from),
            quiet_to=_said(view.quiet_to),
            digest_at=_said(view.digest_minute) or "",
            kinds=[KindPreferenceRead.of(one) for one in view.kinds],
            version=view.version,
        )


class ModesWish(Wire):
    """How you want to hear of a kind; null is as it comes by default, absent leaves it."""

    app: Mode | None = absent()
    mail: Mode | None = absent()


class PreferencesUpdate(Wire):
    """What is to be otherwise. Quiet hours have both ends, or none (null)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "quiet_from": "22:00",
                    "quiet_to": "07:00",
                    "digest_at": "08:30",
                    "kinds": {"booking.reminder": {"mail": "digest"}},
                }
            ]
        }
    )

    quiet_from: Minute | None = absent()
    quiet_to: Minute | None = absent()
    digest_at: Minute = absent()
    kinds: dict[KindName, ModesWish] = Field(default_factory=dict, max_length=500)

    def wish(self) -> Wish:
        """As the service takes it."""
        named = {"quiet_from": "quiet_from", "quiet_to": "quiet_to", "digest_at": "digest_minute"}
        minutes = {
            inner: _meant(getattr(self, name))
            for name, inner in named.items()
            if name in self.model_fields_set
        }
        modes = {
            kind: {Channel(name): mode for name, mode in one.model_dump(exclude_unset=True).items()}
            for kind, one in self.kinds.items()
        }
        return Wish(minutes, modes)


class FollowRead(Wire):
    """A thing you follow, or have muted."""

    subject_type: str
    subject_id: UUID
    title: str
    path: str
    is_muted: bool
    created_at: AwareDatetime

    @classmethod
    def of(cls, view: FollowView, thing: Any) -> Self:  # noqa: ANN401 - of operations
        """With what the thing is called today."""
        return cls(
            subject_type=view.subject_type,
            subject_id=view.subject_id,
            title=thing.title,
            path=thing.path,
            is_muted=view.is_muted,
            created_at=view.created_at,
        )


class FollowWrite(Wire):
    """Hear of it, or (muted) not although it concerns you."""

    is_muted: bool = False


class FollowState(Wire):
    """Whether you follow it: null is neither followed nor muted."""

    subject_type: str
    subject_id: UUID
    is_muted: bool | None


class DeliveryRead(Wire):
    """What became of the mail of a notification. `channel` digest: the letter of the day."""

    id: UUID
    kind: str
    words: str
    title: str | None
    link: str | None
    channel: str
    state: DeliveryState
    detail: str | None
    attempts: int | None
    next_at: AwareDatetime | None
    digest_at: AwareDatetime | None
    created_at: AwareDatetime
    sent_at: AwareDatetime | None

    @classmethod
    def of(cls, view: DeliveryView) -> Self:
        """From what the domain shows."""
        return cls(**{name: getattr(view, name) for name in cls.model_fields if name not in _MORE})


class DeliveryOfSomebody(DeliveryRead):
    """The same for whoever looks after jobs: whose it is and which job carries it, not what it says."""

    person: Reference
    job_id: int | None

    @classmethod
    def of(cls, view: DeliveryView) -> Self:
        """From what the domain shows."""
        shown = DeliveryRead.of(view).model_dump()
        id_, name = view.person or (view.id, "")
        return cls(**shown, person=Reference(id=id_, name=name), job_id=view.job_id)


_MORE = frozenset({"person", "job_id"})


class Unsubscribed(Wire):
    """Which mails are not sent any more; null: those that came once a day."""

    what: str | None
