"""The person's end of a terminal that a tool speaks to."""
import os


def shown_on(main_end):
    """What comes until the last program that had the terminal has closed it."""
    shown = b""
    try:
        while chunk := os.read(main_end, 65536):
            shown += chunk
    except OSError:  # the other side is closed
        pass
    os.close(main_end)
    return shown
