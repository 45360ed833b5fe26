#!/bin/sh
# Makes what the peer tests need: peers/.venv, peers/.venv-mlflow2, peers/.venv-spark, peers/.venv-models,
# peers/.venv-kserve, Iceberg's jars for Spark and PostgreSQL's programs.
# Does nothing that is already done. PYTHON names the Python to use (3.11 is what the pins were made with).
set -eu

cd "$(dirname "$0")"
python=${PYTHON:-python3.11}
command -v "$python" >/dev/null 2>&1 || python=python3

# A venv is made anew when its requirements or the Python changed since it was made.
make_venv() {
    venv=$1
    requirements=$2
    wanted="$("$python" --version) $(cksum < "$requirements")"
    if [ -f "$venv/.stamp" ] && [ "$(cat "$venv/.stamp")" = "$wanted" ]; then
        return
    fi
    echo "peers: making $venv from $requirements"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
    printf '%s\n' "$wanted" > "$venv/.stamp"
}

make_venv .venv requirements.txt
make_venv .venv-mlflow2 requirements-mlflow2.txt
make_venv .venv-spark requirements-spark.txt
make_venv .venv-models requirements-models.txt
make_venv .venv-kserve requirements-kserve.txt

mkdir -p .jars
for artifact in iceberg-spark-runtime-4.1_2.13:1.12.0 iceberg-aws-bundle:1.12.0; do
    [ -f ".jars/${artifact%%:*}-${artifact##*:}.jar" ] && continue
    echo "peers: fetching $artifact"
    mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy \
        "-Dartifact=org.apache.iceberg:$artifact" -DoutputDirectory="$PWD/.jars"
done

if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "peers: installing postgresql"
        # Its Debian package would start a server of its own; the tests start theirs.
        mkdir -p /etc/postgresql-common
        [ -f /etc/postgresql-common/createcluster.conf ] \
            || echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
        apt-get update -q
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql
    else
        echo "peers: PostgreSQL is missing; test_postgres.py will fail without it" >&2
    fi
fi
