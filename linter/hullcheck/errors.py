"""What a user can put right."""


class HullcheckError(Exception):
    """The run can't be done as asked: a bad argument, configuration or revision.

    The message is one sentence that says what to do. `cli.py` prints it and exits with 2.
    """
