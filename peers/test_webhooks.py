"""A real receiver hears of the registry from a real server: signed, tried again, and not lost by a kill -9."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

import pytest
import requests
from mlflow import MlflowClient

import servers

SECRET = "a secret of the receiver"
LOCAL = {"MILLWRIGHT_WEBHOOKS_ALLOW_HTTP": "true", "MILLWRIGHT_WEBHOOKS_ALLOWED_RANGES": "127.0.0.0/8"}
DEADLINE_SECONDS = 90


class Receiver:
    """Keeps what is posted, and answers with the statuses it was given, then with 200."""

    def __init__(self):
        self.posts, self.answers, self.port = [], [], None
        self._server = None

    def listen(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.append((time.monotonic(), self.headers, body))
                status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port or 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    def await_posts(self, count):
        servers.wait_until(lambda: len(self.posts) >= count, DEADLINE_SECONDS, f"{count} posts")

    def names(self):
        return [json.loads(body)["data"]["name"] for _, _, body in self.posts]


@pytest.fixture
def receiver():
    listening = Receiver().listen()
    yield listening
    listening.close()


def check_signature(headers, body):
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert hmac.compare_digest(headers["X-MLflow-Signature"], f"v1,{expected}")
    assert abs(time.time() - int(headers["X-MLflow-Timestamp"])) < 300


def deliveries(server, webhook):
    answer = requests.get(f"{server.url}/api/millwright/v1/webhooks/{webhook.webhook_id}/deliveries", timeout=30)
    answer.raise_for_status()
    return answer.json()["deliveries"]


def test_a_receiver_is_told_signed_and_tried_again_as_it_asks(folder, receiver):
    with servers.start_millwright(folder / "webhooks-home", env=LOCAL) as server:
        client = MlflowClient(server.url, server.url)
        webhook = client.create_webhook(
            "told", receiver.url, ["registered_model.created", "model_version.created", "model_version_alias.created"], secret=SECRET
        )  # fmt: skip
        tried = client.test_webhook(webhook.webhook_id)
        assert (tried.success, tried.response_status, tried.response_body) == (True, 200, "ok")
        receiver.posts.clear()

        receiver.answers = [(503, {"Retry-After": "2"})]
        client.create_registered_model("churn", tags={"team": "risk"}, description="who leaves")
        client.create_model_version("churn", "s3://bucket/model", tags={"a": "b"})
        client.set_registered_model_alias("churn", "champion", "1")
        receiver.await_posts(4)

        for _, headers, body in receiver.posts:
            check_signature(headers, body)
        (first, headers, body), (second, again, same) = receiver.posts[:2]
        assert second - first >= 1.9
        assert (headers["X-MLflow-Delivery-Id"], body) == (again["X-MLflow-Delivery-Id"], same)
        told = [json.loads(body) for _, _, body in receiver.posts[1:]]
        assert [(t["entity"], t["action"], t["data"]) for t in told] == [
            ("registered_model", "created", {"name": "churn", "tags": {"team": "risk"}, "description": "who leaves"}),
            ("model_version", "created", {"name": "churn", "version": "1", "source": "s3://bucket/model",
                                          "run_id": None, "tags": {"a": "b"}, "description": None}),
            ("model_version_alias", "created", {"name": "churn", "alias": "champion", "version": "1"}),
        ]  # fmt: skip
        servers.wait_until(
            lambda: [d["state"] for d in deliveries(server, webhook)] == ["delivered"] * 3, DEADLINE_SECONDS, "the log"
        )
        attempts = deliveries(server, webhook)[-1]["attempts"]
        assert [a["response_status"] for a in attempts] == [503, 200]
        assert SECRET not in server.text()
    assert SECRET.encode() not in (folder / "webhooks-home" / "millwright.db").read_bytes()
    assert (folder / "webhooks-home" / "webhook-secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("round", range(3))
def test_kill_9_between_commit_and_delivery_loses_nothing_and_keeps_the_order(folder, receiver, round):
    home = folder / f"webhooks-killed-{round}"
    names = [f"m{i:02}" for i in range(20)]
    server = servers.start_millwright(home, env=LOCAL)
    try:
        client = MlflowClient(server.url, server.url)
        client.create_webhook("told", receiver.url, ["registered_model.created"], secret=SECRET)
        receiver.close()  # Nobody answers until the server is dead.
        for name in names:
            client.create_registered_model(name)
    finally:
        server.kill()

    receiver.listen()
    with servers.start_millwright(home, env=LOCAL):
        receiver.await_posts(len(names))

    assert receiver.names() == names
    for _, headers, body in receiver.posts:
        check_signature(headers, body)


def test_this_machine_is_not_reached_unless_allowed(folder, receiver):
    with servers.start_millwright(folder / "webhooks-strict", env={"MILLWRIGHT_WEBHOOKS_ALLOW_HTTP": "true"}) as server:
        for host in ["127.0.0.1", "localhost", "0.0.0.0", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "[::]"]:
            answer = requests.post(
                f"{server.url}/api/2.0/mlflow/webhooks", timeout=30,
                json={"name": "w", "url": f"http://{host}:{receiver.port}/", "events": [{"entity": "PROMPT", "action": "CREATED"}]},
            )  # fmt: skip
            assert answer.status_code == 400, host
    assert receiver.posts == []
