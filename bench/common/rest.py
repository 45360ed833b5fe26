"""REST calls to prepare and to check, in MLflow's dialect."""

import http.client
import json
import time
import urllib.parse

API = "/api/2.0/mlflow"


class RestError(Exception):
    """An answer that is not 200."""


class Rest:
    """One kept-alive connection speaking JSON. Not for several threads at once."""

    def __init__(self, url, timeout=120, token=None):
        self._headers = {"Content-Type": "application/json"} | authorization(token)
        self._address = urllib.parse.urlsplit(url).netloc
        self._timeout = timeout
        self._connection = None
        self._last_use = 0.0

    def call(self, method, path, body=None):
        """Answers the parsed JSON; `body` is a dict, or bytes that are JSON already."""
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        # Servers close idle connections (MLflow after 5 s), and a POST must not be sent twice.
        if time.monotonic() - self._last_use > 1:
            self.close()
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._address, timeout=self._timeout)
        try:
            self._connection.request(method, path, body, self._headers)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        self._last_use = time.monotonic()
        if response.status != 200:
            raise RestError(f"{method} {path}: {response.status} {text[:300].decode(errors='replace')}")
        return json.loads(text) if text.strip().startswith(b"{") else {"text": text.decode()}

    def post(self, path, body):
        return self.call("POST", API + path, body)

    def get(self, path, **query):
        return self.call("GET", f"{API}{path}?{urllib.parse.urlencode(query)}")

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def authorization(token):
    return {"Authorization": f"Bearer {token}"} if token else {}
