"""A Millwright with datasets, on a folder or on S3, and how its clients reach it."""

import os
import time
import urllib.parse
from contextlib import contextmanager

import boto3
import requests

import servers

AWS = {"AWS_ACCESS_KEY_ID": "peer", "AWS_SECRET_ACCESS_KEY": "peer-secret", "AWS_REGION": "eu-central-1"}
BUCKET = "peer-lake"


class Lake:
    """One running server; `s3` is the endpoint of its warehouse, None for a folder."""

    def __init__(self, server, s3=None):
        self.server = server
        self.url = server.url
        self.s3 = s3

    def catalog_properties(self, token=None):
        """What a client of the REST catalog is configured with."""
        properties = {"uri": f"{self.url}/iceberg"}
        if token:
            properties["token"] = token
        if self.s3:
            properties |= {
                "s3.endpoint": self.s3, "s3.region": AWS["AWS_REGION"], "s3.path-style-access": "true",
                "s3.access-key-id": AWS["AWS_ACCESS_KEY_ID"],
                "s3.secret-access-key": AWS["AWS_SECRET_ACCESS_KEY"],
            }  # fmt: skip
        return properties

    def ask(self, method, path, token=None, **options):
        """Millwright's own API."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = requests.request(
            method, f"{self.url}/api/millwright/v1{path}", headers=headers, timeout=120, **options
        )
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def operate(self, path, body):
        """Begins an operation, waits for its end, and gives its result."""
        operation = self.ask("POST", path, json=body)["operation_id"]
        ended = servers.wait_until(
            lambda: (told := self.ask("GET", f"/operations/{operation}"))["state"] != "running" and told, 60, path
        )
        assert ended["state"] == "succeeded", ended
        return ended["result"]

    def sql(self, text):
        """The rows of a query."""
        return [tuple(row) for row in self.ask("POST", "/sql", json={"sql": text})["rows"]]

    def versions(self, dataset):
        """Numbers of its versions, the oldest first."""
        told = self.ask("GET", f"/datasets/{dataset}/versions?max_results=1000")["versions"]
        return [version["number"] for version in reversed(told)]

    def events(self, dataset):
        """Types of the ledger's events about it, the oldest first."""
        told, query = [], {"entity": f"dataset:{dataset}", "max_results": 1000}
        # Events are told once they are sealed, within a second.
        time.sleep(1.5)
        while True:
            page = self.ask("GET", "/audit/events?" + urllib.parse.urlencode(query))
            # The latest comes first.
            told += [event["action"] for event in page["events"]]
            if not page.get("next_page_token"):
                return told[::-1]
            query["page_token"] = page["next_page_token"]


@contextmanager
def folder_lake(folder, **options):
    with servers.start_millwright(folder / "home", **options) as server:
        yield Lake(server)


@contextmanager
def s3_lake(folder, **options):
    folder.mkdir(parents=True, exist_ok=True)
    with servers.start_moto(folder) as moto:
        client = boto3.client(
            "s3", endpoint_url=moto.url, region_name=AWS["AWS_REGION"],
            aws_access_key_id=AWS["AWS_ACCESS_KEY_ID"], aws_secret_access_key=AWS["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": AWS["AWS_REGION"]})
        # A machine's own AWS settings must not lead the server elsewhere.
        unset = {name: None for name in os.environ if name.startswith("AWS_")}
        environment = {**unset, **AWS, "AWS_ENDPOINT_URL": moto.url, **options.pop("env", {})}
        with servers.start_millwright(
            folder / "home", lake=f"s3://{BUCKET}/team", env=environment, **options
        ) as server:
            yield Lake(server, moto.url)
