"""What the record says of decisions. `changes` holds the team's id, codes and ids; no free text."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("decision.proposed", mark("Decision proposed"))
verb("decision.imported", mark("Decision moved in"))
verb("decision.changed", mark("Proposal changed"))
verb("decision.options_changed", mark("Options changed"))
verb("decision.participants_changed", mark("Those asked have changed"))
verb("decision.stance", mark("Stance taken"))
verb("decision.accepted", mark("Decision accepted"))
verb("decision.rejected", mark("Proposal rejected"))
verb("decision.withdrawn", mark("Proposal withdrawn"))
verb("decision.superseded", mark("Decision superseded"))
verb("decision.deprecated", mark("Decision deprecated"))
verb("decision.amended", mark("Decision amended"))
verb("decision.reminded", mark("Reminded of the decision"))
