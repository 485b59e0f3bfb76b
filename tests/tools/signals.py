"""Signals that the tests send to the tools."""
import signal


def heed():
    """Lets the tools heed those that end them, though who runs the tests may ignore some: a shell
    does so for what it runs in the background, nohup for a hangup, and children inherit it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
