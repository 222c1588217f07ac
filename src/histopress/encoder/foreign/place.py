"""Where the code of an encoder from elsewhere lies."""


def function_file(name: str) -> str:
    """Name the file, relative to the project, of a function that is called ``module:name``.

    There may be none: a module can also be installed.

    Examples
    --------
    >>> function_file("nets.mine:build")
    'nets/mine.py'
    """
    return name.partition(":")[0].replace(".", "/") + ".py"
