"""By what people and programs come in. Hashes, keys and secrets are no columns here."""

from __future__ import annotations

from starlette_admin.fields import BooleanField, StringField, TagsField

from src.core.actor import Permission
from src.core.language import mark
from src.web.admin.columns import Moment, Reference
from src.web.admin.listing import ReadOnly

_PERSON = Reference("user_id", mark("Person"), key="users")
_MANAGE = (Permission.USERS_MANAGE,)


class Roles(ReadOnly):
    """The roles there are; they are made and changed on their pages."""

    table, label, one = "roles", mark("Roles"), mark("Role")
    icon = "fa-solid fa-key"
    needs = (Permission.ACCESS_READ,)
    named = "title"
    fields = (
        StringField("name", mark("Name")),
        StringField("title", mark("Title")),
        StringField("description", mark("Description")),
        BooleanField("is_built_in", mark("Built in")),
        TagsField("grants", mark("Grants")),
        TagsField("denies", mark("Denies")),
        Moment("created_at", mark("Made")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("name", "title", "is_built_in", "updated_at")
    found_by = ("name", "title")


class Devices(ReadOnly):
    """Browsers that people logged in from, and until when they are trusted."""

    table, label, one = "known_devices", mark("Known devices"), mark("Device")
    icon = "fa-solid fa-laptop"
    needs = _MANAGE
    named = "device"
    fields = (
        _PERSON,
        StringField("device", mark("Device")),
        StringField("ip", mark("Address of use")),
        Moment("created_at", mark("Since")),
        Moment("last_used_at", mark("Last used")),
        Moment("trusted_until", mark("Trusted until")),
        Moment("expires_at", mark("Until")),
    )
    listed = ("user_id", "device", "last_used_at", "trusted_until")
    found_by = ("device",)


class Passkeys(ReadOnly):
    """Passkeys by their names."""

    table, label, one = "passkeys", mark("Passkeys"), mark("Passkey")
    icon = "fa-solid fa-fingerprint"
    needs = _MANAGE
    named = "name"
    fields = (
        _PERSON,
        StringField("name", mark("Name")),
        BooleanField("is_backed_up", mark("Kept by its maker too")),
        Moment("created_at", mark("Made")),
        Moment("last_used_at", mark("Last used")),
    )
    listed = ("user_id", "name", "created_at", "last_used_at")
    found_by = ("name",)


class Keys(ReadOnly):
    """Keys of programs, known by how they begin."""

    table, label, one = "api_keys", mark("Keys of programs"), mark("Key")
    icon = "fa-solid fa-terminal"
    needs = _MANAGE
    named = "name"
    fields = (
        _PERSON,
        StringField("name", mark("Name")),
        StringField("prefix", mark("Begins with")),
        TagsField("addresses", mark("Only from")),
        BooleanField("must_sign", mark("Signed requests alone")),
        Moment("expires_at", mark("Until")),
        Moment("revoked_at", mark("Revoked")),
        Moment("last_used_at", mark("Last used")),
        Moment("created_at", mark("Made")),
    )
    listed = ("user_id", "name", "prefix", "expires_at", "revoked_at", "last_used_at")
    found_by = ("name", "prefix")


class Clients(ReadOnly):
    """Programs of third parties that people may let act for them."""

    table, label, one = "oauth_clients", mark("Programs of third parties"), mark("Program")
    icon = "fa-solid fa-plug"
    needs = (Permission.CLIENTS_MANAGE,)
    named = "name"
    fields = (
        StringField("name", mark("Name")),
        StringField("website", mark("Website")),
        Reference("owner_id", mark("Owner"), key="users"),
        TagsField("redirect_uris", mark("Leads back to")),
        TagsField("permissions", mark("May ask for")),
        Moment("revoked_at", mark("Revoked")),
        Moment("created_at", mark("Made")),
    )
    listed = ("name", "owner_id", "revoked_at", "created_at")
    found_by = ("name",)


class Families(ReadOnly):
    """Log-ins of programs: all the tokens that came of one proof."""

    table, label, one = "token_families", mark("Log-ins of programs"), mark("Log-in")
    icon = "fa-solid fa-robot"
    needs = _MANAGE
    named = "device"
    fields = (
        _PERSON,
        Reference("client_id", mark("Program"), key="oauth-clients"),
        StringField("device", mark("Device")),
        BooleanField("has_factor", mark("With a second factor")),
        Moment("created_at", mark("Since")),
        Moment("last_used_at", mark("Last used")),
        Moment("expires_at", mark("Until")),
        Moment("revoked_at", mark("Revoked")),
        StringField("revoked_for", mark("Why")),
    )
    listed = ("user_id", "client_id", "created_at", "last_used_at", "revoked_at")
    found_by = ("device",)


class Identities(ReadOnly):
    """Who people are to a provider of single sign-on."""

    table, label, one = "identities", mark("Single sign-on"), mark("Identity")
    icon = "fa-solid fa-id-badge"
    needs = _MANAGE
    named = "subject"
    fields = (
        _PERSON,
        StringField("provider", mark("Provider")),
        StringField("issuer", mark("Issuer")),
        StringField("subject", mark("Subject")),
        Moment("created_at", mark("Since")),
        Moment("last_used_at", mark("Last used")),
    )
    listed = ("user_id", "provider", "subject", "last_used_at")
    found_by = ("subject",)


GROUP = (
    mark("Access"),
    "fa-solid fa-lock",
    (Roles, Devices, Passkeys, Keys, Clients, Families, Identities),
)
