"""A browser without JavaScript: reads pages, fills forms in as they stand, and sends them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2

from tests.support.application import PASSWORD, Lab
from tests.support.servers import wait_until
from tests.support.statements import counted


@dataclass
class Form:
    """A form with what it holds, and what its buttons send and where."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[dict[str, str | None]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "a" and said.get("href"):
            self.links.append(said["href"] or "")
        if tag == "form":
            self._form = Form(said.get("action") or "", (said.get("method") or "get").upper())
            self.forms.append(self._form)
        if self._form is not None:
            self._control(self._form, tag, said)

    def _control(self, form: Form, tag: str, said: dict[str, str | None]) -> None:
        name, value = said.get("name"), said.get("value") or ""
        if tag == "button":
            form.buttons.append(said)
        elif tag == "option" and self._select is not None:
            chosen = form.fields.setdefault(self._select, [value])
            if "selected" in said:
                chosen[:] = [value]
        elif name is None:
            return
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
            form.fields[name] = [""]
        elif tag == "input" and said.get("type") in ("checkbox", "radio"):
            form.fields.setdefault(name, [])
            if "checked" in said:
                form.fields[name].append(value)
        elif tag == "input":
            form.fields[name] = [value]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._area and self._form is not None:
            self._form.fields[self._area][0] += data


@dataclass
class Shown:
    """A page as it came, redirects followed."""

    response: httpx2.Response
    path: str
    forms: list[Form]
    links: list[str]
    text: str

    @property
    def status(self) -> int:
        """Its HTTP status."""
        return self.response.status_code

    def form(self, action: str) -> Form:
        """The form that is sent to this path."""
        return next(one for one in self.forms if urlsplit(one.action).path == action)

    def value(self, name: str) -> str:
        """What a field holds."""
        return next(one.fields[name][0] for one in self.forms if name in one.fields)

    def has(self, action: str) -> bool:
        """Whether there is a way to this path: a link, a form or a button."""
        actions = [form.action for form in self.forms]
        actions += [b.get("formaction") or "" for form in self.forms for b in form.buttons]
        return any(urlsplit(one).path == action for one in (*self.links, *actions))


class Visitor:
    """Somebody at a browser of their own."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.cookies = httpx2.Cookies()

    @classmethod
    def logged_in(cls, lab: Lab, person: str) -> Self:
        """One of the institute's people, by the log-in page."""
        visitor = cls(lab)
        page = visitor.see("/login")
        credentials = {"email": f"{person}@example.org", "password": PASSWORD}
        done = visitor.send(page.form("/login"), **credentials)
        # Who has chosen no language is led to the one the browser asks for.
        assert done.path in ("/", "/en/"), done.text
        return visitor

    def request(self, method: str, path: str, **options: object) -> httpx2.Response:
        """One request, no redirect followed."""
        client = self.lab.client
        client.cookies = self.cookies
        headers = {"Accept": "text/html,application/xhtml+xml"}
        answer = client.request(
            method,
            path,
            headers=headers,
            follow_redirects=False,
            **options,  # type: ignore[arg-type]
        )
        self.cookies = client.cookies
        return answer

    def see(self, path: str) -> Shown:
        """GET a page."""
        return self._followed(self.request("GET", path), path)

    def waits_for_unread(self, count: int) -> None:
        """Wait until the bell shows so many; the worker makes notifications."""
        bell = f'"Unread notifications: {count}"'
        wait_until(lambda: bell in self.see("/me").response.text, what=f"the bell's {count}")

    def cost(self, path: str) -> int:
        """How many statements a page takes; the bell is counted anew once after each change."""
        costs = []
        for _ in range(3):
            with counted(self.lab.app.state.database) as said:
                assert self.see(path).status == 200
            costs.append(len(said))
        assert max(costs) <= min(costs) + 1, costs
        return min(costs)

    def send(self, form: Form, *, button: str | None = None, **values: str) -> Shown:
        """Fill in and send; `button` is what the pressed one says: its value or its formaction."""
        fields = {**form.fields, **{name: [value] for name, value in values.items()}}
        action = form.action
        if button is not None:
            pressed = next(
                one for one in form.buttons if button in (one.get("value"), one.get("formaction"))
            )
            action = pressed.get("formaction") or action
            if pressed.get("name"):
                fields[pressed["name"] or ""] = [pressed.get("value") or ""]
        body = urlencode(fields, doseq=True).encode()
        options = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}
        client = self.lab.client
        client.cookies = self.cookies
        answer = client.request(
            form.method, action, content=body, follow_redirects=False,
            headers={**options["headers"], "Accept": "text/html"},
        )  # fmt: skip
        self.cookies = client.cookies
        return self._followed(answer, action)

    def upload(self, form: Form, name: str, content: bytes) -> Shown:
        """Send a form with one file in its field `file`."""
        fields = {key: value[0] for key, value in form.fields.items() if value and key != "file"}
        answer = self.request("POST", form.action, data=fields, files={"file": (name, content)})
        return self._followed(answer, form.action)

    def _followed(self, answer: httpx2.Response, path: str) -> Shown:
        for _ in range(5):
            if answer.status_code not in (302, 303, 307):
                break
            path = urljoin(path, answer.headers["Location"])
            answer = self.request("GET", path)
        reader = _Reader()
        reader.feed(answer.text)
        text = " ".join(" ".join(reader.text).split())
        return Shown(answer, urlsplit(path).path, reader.forms, reader.links, text)
