"""A process that answers rows by a model of Python, for one server.

Requests and answers are Arrow IPC streams over a Unix socket, one after the other. What has to be said beside the rows
stands in the metadata of the stream's schema:

    request  id      its number, which the answer repeats
             params  a JSON object for the model's `predict`, where there is one
    answer   id
             form    values: the only column is the answer · columns: each column is a part of it, by name
                     · records: each row is an object of them
             error   instead of rows: `model` (it refused the rows, or failed), `memory`, `answer` (it has a type that
                     cannot be sent)
             message the last line of what went wrong
             trace   all of it, for the server's log

The first stream a worker sends has the id `ready`.
"""
