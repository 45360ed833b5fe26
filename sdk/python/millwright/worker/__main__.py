"""python -m millwright.worker FOLDER SOCKET MEMORY: answers rows by the MLflow model in a folder.

FOLDER  the model's folder
SOCKET  a Unix socket somebody listens on; the worker ends when it is closed, or its own standard input is
MEMORY  bytes of address space it may take; 0 for any
"""
import os
import signal
import sys
import threading


def end_with_the_server():
    """Has this process and its children ended when the other end of standard input is closed, however busy they are.

    Nothing is ever written there: the only thing that can happen to it is that the server is gone.
    """
    os.setsid()
    try:
        import fcntl
        fcntl.fcntl(0, fcntl.F_SETOWN, -os.getpgid(0))
        fcntl.fcntl(0, getattr(fcntl, "F_SETSIG", 10), signal.SIGKILL)
        fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    except (AttributeError, OSError, ValueError):
        pass  # Not Linux: the thread has to do.
    threading.Thread(target=wait_for_the_end, daemon=True).start()


def wait_for_the_end():
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def limit(memory):
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def last_line(problem):
    import traceback

    lines = "".join(traceback.format_exception_only(type(problem), problem)).strip().splitlines()
    return (lines[-1] if lines else type(problem).__name__)[:1000]


def params(model, request):
    """What was asked beside the rows, for a `predict` that takes it. MLflow checks it against the model's signature."""
    import inspect
    import json

    sent = request.schema.metadata.get(b"params")
    if sent is None or "params" not in inspect.signature(model.predict).parameters:
        return {}
    return {"params": json.loads(sent)}


def answer(model, request, number):
    """The stream that answers a request."""
    import traceback

    from . import answers, rows

    try:
        taken = rows.read(request, model.metadata.get_input_schema())
        return answers.write(model.predict(taken, **params(model, request)), model.metadata.get_output_schema(), number)
    except MemoryError:
        return answers.refuse("memory", "MemoryError", traceback.format_exc(), number)
    except answers.NotSendable as problem:
        return answers.refuse("answer", str(problem), "", number)
    except BaseException as problem:  # a model that calls sys.exit() has failed, too
        return answers.refuse("model", last_line(problem), traceback.format_exc(), number)


def serve(model, connection):
    import pyarrow as pa

    from . import answers

    source = connection.makefile("rb")
    connection.sendall(answers.empty({"id": "ready"}))
    while True:
        try:
            stream = pa.ipc.open_stream(source)
            request = stream.read_all()
        except (pa.ArrowInvalid, EOFError, OSError):
            return  # The server closed it.
        number = request.schema.metadata[b"id"].decode()
        connection.sendall(answer(model, request, number))


def main(folder, socket_path, memory):
    end_with_the_server()
    # What a model prints goes where its errors go.
    os.dup2(2, 1)
    limit(int(memory))
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    import mlflow.pyfunc
    import pyarrow.ipc  # noqa: F401 -- before the model, which may take a long time only to find it missing

    model = mlflow.pyfunc.load_model(folder)
    import socket

    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(socket_path)
    serve(model, connection)
    # Threads of the model's, and what it has to do at exit, keep nobody waiting.
    os._exit(0)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
