"""The chapters of `script.py` about the registry: models, versions, stages, aliases, sources, searches, prompts."""

import contextlib
import io
import time

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersionTag
from mlflow.exceptions import MlflowException

S3 = "s3://peer-bucket"


def registered_models(p):
    c, ask = p.client, p.ask
    name = p.name("churn")
    ask("create", lambda: c.create_registered_model(name))
    ask("create with tags and description", lambda: c.create_registered_model(p.name("full"), tags={"team": "risk", "n": 7}, description="who leaves"))
    ask("create twice", lambda: c.create_registered_model(name))
    for bad in ["", "  ", "a/b", "a:b", "..", "."]:
        ask(f"create {bad!r}", lambda: c.create_registered_model(bad))
    ask("create with a unicode name", lambda: c.create_registered_model(p.name("ü_猫 with blank")))
    ask("get", lambda: c.get_registered_model(name))
    ask("get with tags", lambda: c.get_registered_model(p.name("full")))
    ask("get unknown", lambda: c.get_registered_model(p.name("none")))
    ask("update", lambda: c.update_registered_model(name, description="new"))
    ask("update to nothing", lambda: c.update_registered_model(name, description=""))
    ask("update unknown", lambda: c.update_registered_model(p.name("none"), description="x"))
    ask("set tag", lambda: c.set_registered_model_tag(name, "k", "v"))
    ask("set tag again", lambda: c.set_registered_model_tag(name, "k", "w"))
    ask("set numeric tag", lambda: c.set_registered_model_tag(name, "n", 1.5))
    ask("set tag of unknown", lambda: c.set_registered_model_tag(p.name("none"), "k", "v"))
    ask("set bad tag", lambda: c.set_registered_model_tag(name, "a?b", "v"))
    ask("tags", lambda: c.get_registered_model(name).tags)
    ask("delete tag", lambda: c.delete_registered_model_tag(name, "k"))
    ask("delete absent tag", lambda: c.delete_registered_model_tag(name, "k"))
    ask("delete tag of unknown", lambda: c.delete_registered_model_tag(p.name("none"), "k"))
    ask("rename", lambda: c.rename_registered_model(p.name("full"), p.name("renamed")))
    ask("rename to taken", lambda: c.rename_registered_model(p.name("renamed"), name))
    ask("rename to bad", lambda: c.rename_registered_model(name, "a/b"))
    ask("rename unknown", lambda: c.rename_registered_model(p.name("none"), p.name("other")))
    ask("get renamed", lambda: c.get_registered_model(p.name("renamed")))
    ask("get by old name", lambda: c.get_registered_model(p.name("full")))
    ask("delete", lambda: c.delete_registered_model(name))
    ask("delete again", lambda: c.delete_registered_model(name))
    ask("get deleted", lambda: c.get_registered_model(name))


def model_versions(p):
    c, ask = p.client, p.ask
    name = p.name("versions")
    c.create_registered_model(name)
    ask("first", lambda: c.create_model_version(name, f"{S3}/1"))
    ask("second, with everything", lambda: c.create_model_version(name, f"{S3}/2", run_id="none", tags={"a": 1}, run_link="http://x/y", description="d"))
    ask("third", lambda: c.create_model_version(name, f"{S3}/3", tags={"a": "b"}))
    ask("of unknown model", lambda: c.create_model_version(p.name("none"), f"{S3}/1"))
    ask("get", lambda: c.get_model_version(name, "2"))
    ask("get by number", lambda: c.get_model_version(name, 1))
    for bad in ["9", "0", "x", "-1", "1.0"]:
        ask(f"get {bad}", lambda: c.get_model_version(name, bad))
    ask("update", lambda: c.update_model_version(name, "1", description="first"))
    ask("update to nothing", lambda: c.update_model_version(name, "1", description=None))
    ask("update unknown", lambda: c.update_model_version(name, "9", description="x"))
    ask("set tag", lambda: c.set_model_version_tag(name, "1", "k", "v"))
    ask("set tag of the newest in a stage", lambda: c.set_model_version_tag(name, stage="None", key="s", value="3"))
    ask("set tag of unknown", lambda: c.set_model_version_tag(name, "9", "k", "v"))
    ask("set bad tag", lambda: c.set_model_version_tag(name, "1", "a?b", "v"))
    ask("delete tag", lambda: c.delete_model_version_tag(name, "1", "k"))
    ask("delete absent tag", lambda: c.delete_model_version_tag(name, "1", "k"))
    ask("tags", lambda: [c.get_model_version(name, v).tags for v in "123"])
    ask("download URI", lambda: c.get_model_version_download_uri(name, "2"))
    ask("download URI of unknown", lambda: c.get_model_version_download_uri(name, "9"))
    ask("to staging", lambda: transition(c, name, "1", "staging"))
    ask("to production", lambda: transition(c, name, "2", "Production"))
    ask("archiving the others", lambda: transition(c, name, "3", "Production", True))
    ask("to no stage", lambda: transition(c, name, "1", "gold"))
    ask("the model", lambda: c.get_registered_model(name))
    ask("latest", lambda: latest(c, name))
    ask("latest of stages", lambda: latest(c, name, ["Production", "Archived"]))
    ask("latest of no stage", lambda: latest(c, name, ["gold"]))
    ask("delete", lambda: c.delete_model_version(name, "3"))
    ask("delete again", lambda: c.delete_model_version(name, "3"))
    ask("get deleted", lambda: c.get_model_version(name, "3"))
    ask("the next", lambda: c.create_model_version(name, f"{S3}/4").version)
    ask("latest at the end", lambda: latest(c, name))
    ask("rename", lambda: c.rename_registered_model(name, p.name("versions2")).latest_versions)
    ask("get after rename", lambda: c.get_model_version(p.name("versions2"), "4"))
    ask("delete the model", lambda: c.delete_registered_model(p.name("versions2")))
    ask("version of deleted model", lambda: c.get_model_version(p.name("versions2"), "4"))


def transition(client, name, version, stage, archive=False):
    with contextlib.redirect_stderr(io.StringIO()):  # it warns that stages are deprecated
        return client.transition_model_version_stage(name, version, stage, archive_existing_versions=archive)


def latest(client, name, stages=None):
    with contextlib.redirect_stderr(io.StringIO()):
        return client.get_latest_versions(name, stages)


def aliases(p):
    c, ask = p.client, p.ask
    name = p.name("aliased")
    c.create_registered_model(name)
    for i in range(3):
        c.create_model_version(name, f"{S3}/{i}")
    ask("set", lambda: c.set_registered_model_alias(name, "champion", "1"))
    ask("get", lambda: c.get_model_version_by_alias(name, "champion"))
    ask("move", lambda: c.set_registered_model_alias(name, "champion", 2))
    ask("second", lambda: c.set_registered_model_alias(name, "challenger-1_x", 2))
    ask("version", lambda: c.get_model_version(name, 2))
    ask("model", lambda: c.get_registered_model(name).aliases)
    ask("latest", lambda: c.get_model_version_by_alias(name, "Latest").version)
    ask("unknown", lambda: c.get_model_version_by_alias(name, "none"))
    ask("of unknown model", lambda: c.get_model_version_by_alias(p.name("none"), "champion"))
    for bad in ["latest", "LATEST", "v1", "V12", "", "a b", "a.b", "a/b"]:
        ask(f"set {bad!r}", lambda: c.set_registered_model_alias(name, bad, "1"))
    ask("set to unknown", lambda: c.set_registered_model_alias(name, "champion", "9"))
    ask("set to a word", lambda: c.set_registered_model_alias(name, "champion", "x"))
    ask("delete", lambda: c.delete_registered_model_alias(name, "challenger-1_x"))
    ask("delete absent", lambda: c.delete_registered_model_alias(name, "challenger-1_x"))
    ask("delete the version", lambda: c.delete_model_version(name, "2"))
    ask("aliases left", lambda: c.get_registered_model(name).aliases)
    ask("nothing by alias", lambda: c.get_model_version_by_alias(name, "champion"))


def sources(p):
    c, ask = p.client, p.ask
    experiment = p.experiment("sources")
    run, other = p.run(experiment, "one"), p.run(experiment, "two")
    uri = c.get_run(run).info.artifact_uri
    model = c.create_logged_model(experiment, name="logged", source_run_id=run)
    name, copy = p.name("sourced"), p.name("copied")
    c.create_registered_model(name)
    c.create_registered_model(copy)

    def create(step, source, of=name, **arguments):
        ask(step, lambda: c.create_model_version(of, source, **arguments))

    create("in the run", f"{uri}/model", run_id=run)
    create("in no run", f"{uri}/model")
    create("in another run", f"{uri}/model", run_id=other)
    create("climbing", f"{uri}/../x", run_id=run)
    create("climbing in escapes", f"{uri}/%252e%252e/x", run_id=run)
    create("runs:/", f"runs:/{run}/model", run_id=run)
    create("runs:/ of another", f"runs:/{run}/model", run_id=other)
    create("a logged model", f"models:/{model.model_id}", model_id=model.model_id)
    create("a logged model unsaid", f"models:/{model.model_id}")
    ask("the logged model's tags", lambda: c.get_logged_model(model.model_id).tags)
    ask("where the logged model lies", lambda: c.get_model_version_download_uri(name, "3"))
    create("a copy", f"models:/{name}/1", of=copy)
    create("a copy of a copy", f"models:/{copy}/1", of=copy)
    ask("where the copy lies", lambda: c.get_model_version_download_uri(copy, "2"))
    c.set_registered_model_alias(name, "champion", "2")
    create("a copy by alias", f"models:/{name}@champion", of=copy)
    create("a copy of the newest", f"models:/{name}/latest", of=copy)
    create("a copy of nothing", f"models:/{name}/99", of=copy)
    create("a copy of no model", f"models:/{p.name('none')}/1", of=copy)
    ask("copied by the client", lambda: c.copy_model_version(f"models:/{name}/1", p.name("made-by-copy")))
    for source in ["/etc/passwd", "file:///etc/passwd", "model", "s3://bucket", "s3://bucket/a/../b", "s3://bucket/a", "dbfs:/a", "models:/"]:
        create(f"at {source}", source)


def registry_search(p):
    c = p.client
    made = {"a": {"team": "risk", "env": "prod"}, "b": {"team": "risk"}, "C": {"team": "ads"}, "d": {}}
    for i, (text, tags) in enumerate(made.items()):
        time.sleep(0.003)  # no two at one moment
        c.create_registered_model(p.name(text), tags=tags)
        for version in range(i):
            time.sleep(0.003)
            c.create_model_version(p.name(text), f"{S3}/{text}/{version}", run_id=f"r{version}", tags={"n": str(version), **tags})
    c.set_registered_model_alias(p.name("d"), "champion", "2")
    transition(c, p.name("d"), "1", "Staging")
    mine = f"name LIKE '{p.prefix}%'"

    def models(step, filter_string, **arguments):
        p.ask(f"models {step}", lambda: c.search_registered_models(filter_string, **arguments))

    def versions(step, filter_string, **arguments):
        p.ask(f"versions {step}", lambda: c.search_model_versions(filter_string, **arguments))

    models("all", mine)
    for text in [f"name = '{p.name('a')}'", f"name ILIKE '{p.prefix}_c'", f"name IN ('{p.name('a')}', '{p.name('d')}')", f"{mine} AND tags.team = 'risk'",
                 f"{mine} AND tags.team = 'risk' AND tag.env = 'prod'", f"{mine} AND tags.team != 'ads'", f"{mine} AND tags.team LIKE 'r%'",
                 "name > 'a'", "weight = 'a'", "name = a", "name = 1"]:  # fmt: skip
        models(text.replace(p.prefix, "peer"), text)
    for order in [["name DESC"], ["last_updated_timestamp"], ["timestamp DESC", "name"], ["tags.a"], ["name", "x y"]]:
        models(f"by {order}", mine, order_by=order)
    models("a page", mine, max_results=3)
    versions("all", mine)
    for text in [f"name = '{p.name('d')}'", f"{mine} AND run_id = 'r1'", f"{mine} AND run_id IN ('r0', 'r2')", f"{mine} AND version_number >= 2", f"{mine} AND version_number = '1'",
                 f"{mine} AND source_path LIKE '%/d/%'", f"{mine} AND tags.n = '1'", f"{mine} AND tags.n != '1' AND tags.team = 'ads'",
                 "version_number = 1.5", "version_number LIKE '1'", "source_path IN ('a')", "stage = 'x'"]:  # fmt: skip
        versions(text.replace(p.prefix, "peer"), text)
    for order in [["name DESC"], ["version_number", "name"], ["creation_timestamp DESC"], ["last_updated_timestamp"], ["run_id"]]:
        versions(f"by {order}", mine, order_by=order)
    versions("a page", mine, max_results=4)

    def pages():
        found, token = [], None
        while True:
            page = c.search_model_versions(mine, max_results=2, page_token=token)
            found.append([f"{v.name}/{v.version}" for v in page])
            token = page.token
            if not token:
                return found

    p.ask("versions in pages", pages)


def prompts(p):
    c, ask = p.client, p.ask
    name = p.name("greeting")
    ask("register", lambda: shown(c.register_prompt(name, "Hi {{who}}", commit_message="first", tags={"lang": "en"})))
    ask("register again", lambda: shown(c.register_prompt(name, "Hello {{who}}, {{what}}")))
    ask("load", lambda: shown(c.load_prompt(name, version=1)))
    ask("load the newest", lambda: shown(c.load_prompt(f"prompts:/{name}@latest")))
    ask("alias", lambda: c.set_prompt_alias(name, "production", 1))
    ask("load by alias", lambda: shown(c.load_prompt(f"prompts:/{name}@production")))
    ask("found", lambda: [prompt.name for prompt in c.search_prompts(f"name = '{name}'")])
    ask("no model is found", lambda: c.search_registered_models(f"name = '{name}'"))
    ask("no version is found", lambda: c.search_model_versions(f"name = '{name}'"))
    ask("prompt tag", lambda: c.set_prompt_tag(name, "owner", "ann"))
    ask("version tag", lambda: c.set_prompt_version_tag(name, 1, "k", "v"))
    ask("a model of its name", lambda: c.create_registered_model(name))
    ask("a prompt of a model's name", lambda: c.create_registered_model(p.name("m")) and c.register_prompt(p.name("m"), "x"))
    ask("a model's version from a prompt", lambda: c.create_model_version(p.name("m"), f"models:/{name}/1"))
    ask("delete alias", lambda: c.delete_prompt_alias(name, "production"))
    ask("delete version", lambda: c.delete_prompt_version(name, "1"))
    ask("load deleted", lambda: c.load_prompt(name, version=1))
    ask("as a model", lambda: MlflowClient(p.url, p.url)._get_registry_client().store.get_registered_model(name))
    ask("tag as the store has it", lambda: MlflowClient(p.url, p.url)._get_registry_client().store.set_model_version_tag(name, "2", ModelVersionTag("a", "b")))


def webhooks(p):
    c, ask = p.client, p.ask
    url = "https://93.184.215.14/hook"  # an address, so that no name is looked up
    ids = {}

    def create(step, name, url=url, events=("registered_model.created",), **more):
        def called():
            webhook = c.create_webhook(name, url, list(events), **more)
            ids[name] = webhook.webhook_id
            return told(webhook)

        ask(step, called)

    create("create", "first")
    create("create with everything", "full.2_x-y", description="d", secret="s", status="DISABLED",
           events=["prompt.created", "model_version_alias.deleted", "model_version.created", "budget_policy.exceeded"])  # fmt: skip
    for bad in ["", "-a", "a-", "a b", "a/b", "a" * 63, "b" * 64]:
        create(f"create {bad!r}", bad)
    for bad in ["http://93.184.215.14/", "ftp://x/", "https://", "https://127.0.0.1/", "https://10.1.2.3/x", "https://[::1]/", "https://100.64.0.1/", "x", " "]:
        create(f"create to {bad!r}", "u", url=bad)
    create("create without events", "e", events=[])
    create("create twice under one name", "first")
    ask("get", lambda: told(c.get_webhook(ids["full.2_x-y"])))
    ask("get unknown", lambda: c.get_webhook("none"))
    ask("update a name", lambda: told(c.update_webhook(ids["first"], name="other")))
    ask("update everything", lambda: told(c.update_webhook(ids["first"], url=f"{url}?x", description="e", events=["prompt_tag.set", "prompt_tag.deleted"], secret="t", status="DISABLED")))
    ask("update to no description", lambda: told(c.update_webhook(ids["first"], description="")))
    ask("update to a bad name", lambda: c.update_webhook(ids["first"], name="a b"))
    ask("update to a bad URL", lambda: c.update_webhook(ids["first"], url="http://93.184.215.14/"))
    ask("update unknown", lambda: c.update_webhook("none", name="a b"))
    ask("unchanged", lambda: told(c.get_webhook(ids["first"])))
    ask("newest first", lambda: [w.name for w in c.list_webhooks(max_results=2)])

    def pages():
        found, token = [], None
        while True:
            page = c.list_webhooks(max_results=2, page_token=token)
            found.append(len(page))
            token = page.token
            if not token:
                return found

    ask("pages", pages)
    for bad in [-1, 1001]:
        ask(f"list {bad}", lambda: c.list_webhooks(max_results=bad))
    ask("delete", lambda: c.delete_webhook(ids["first"]))

    def deleted():
        try:
            return told(c.get_webhook(ids["first"]))
        except MlflowException as e:
            return str(e).replace(ids["first"], "<id>")

    ask("get deleted", deleted)
    ask("delete unknown", lambda: c.delete_webhook("none"))
    ask("test unknown", lambda: c.test_webhook("none"))
    for webhook in c.list_webhooks():
        c.delete_webhook(webhook.webhook_id)
    ask("none is left", lambda: c.list_webhooks())


def told(webhook):
    events = [str(event) for event in webhook.events]
    return {"name": webhook.name, "url": webhook.url, "description": webhook.description, "status": str(webhook.status), "events": events, "secret": webhook.secret}


def shown(prompt):
    return {"name": prompt.name, "version": prompt.version, "template": prompt.template, "tags": prompt.tags, "message": prompt.commit_message, "aliases": prompt.aliases}


REGISTRY_CHAPTERS = [registered_models, model_versions, aliases, sources, registry_search, prompts, webhooks]
