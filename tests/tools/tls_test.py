#!/usr/bin/env python3
"""Both tools over TLS, against a real broker: what works, and what they say when it does not.

Usage: tls_test.py PRODUCER WORKER BROKER_SH BROKER_DIR CERTIFICATES_DIR
"""
import os
import subprocess
import sys
import unittest
import uuid

PRODUCER, WORKER, BROKER_SH, BROKER_DIR, CERTIFICATES = sys.argv[1:6]


def broker(command, *arguments):
    return subprocess.run([BROKER_SH, command, BROKER_DIR, *arguments], check=True, text=True,
                          stdout=subprocess.PIPE, timeout=180).stdout.strip()


def certificate(name):
    return os.path.join(CERTIFICATES, name)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plain = broker("url")
        # Without what the URL says of certificates: that is for the options here.
        cls.url = broker("tls-url").split("?")[0]

    def setUp(self):
        self.queue = "tls-" + uuid.uuid4().hex[:12]

    def run_tool(self, *command, expect=0, **environment):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, env={**os.environ, **environment})
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout, done.stderr

    def produce(self, *options, url=None, expect=0, **environment):
        return self.run_tool(PRODUCER, "--create", "--queue-type", "classic", "-u",
                             url or self.url, *options, self.queue, "a task", expect=expect,
                             **environment)[1]

    def test_a_task_goes_there_and_comes_back(self):
        self.assertIn("1 confirmed", self.produce("--cacert", certificate("ca.pem")))
        out, _ = self.run_tool(WORKER, "-u", self.url, "--once", self.queue,
                               TASKWIRE_CACERT=certificate("ca.pem"))
        self.assertEqual(out, "a task\n")

    def test_a_certificate_is_the_login(self):
        broker("ctl", "-q", "add_user", "taskwire-client", "unused")
        self.addCleanup(broker, "ctl", "-q", "delete_user", "taskwire-client")
        broker("ctl", "-q", "set_permissions", "taskwire-client", ".*", ".*", ".*")
        url = self.url.replace("guest:guest@", "") + "?auth_mechanism=EXTERNAL"
        options = ["--cacert", certificate("ca.pem"), "--cert", certificate("client.pem"),
                   "--key", certificate("client-encrypted.key")]
        self.produce(*options, url=url, TASKWIRE_KEY_PASSPHRASE="let me in")
        out, _ = self.run_tool(WORKER, "-u", url, *options, "--once", self.queue, "--", "sh", "-c",
                               'cat; echo "[$TASKWIRE_KEY_PASSPHRASE]"',
                               TASKWIRE_KEY_PASSPHRASE="let me in")
        self.assertEqual(out, "a task[]\n")
        said = self.produce(*options, url=url, expect=78, TASKWIRE_KEY_PASSPHRASE="s3cret")
        self.assertIn("or it needs another passphrase", said)
        self.assertIn("\n  check --cacert, --cert, --key and $TASKWIRE_KEY_PASSPHRASE\n", said)
        self.assertNotIn("s3cret", said)

    def test_nobody_is_trusted_by_accident(self):
        said = self.produce(expect=69)
        self.assertIn("the server's certificate comes from nobody that we trust: 127.0.0.1:", said)
        self.assertIn("\n  if you know who issued it, give that certificate with --cacert\n", said)
        self.produce("--cacert", certificate("other-ca.pem"), expect=69)

    def test_insecure_says_so(self):
        said = self.produce("--insecure")
        self.assertIn("the broker's certificate is not verified", said)
        self.assertIn("1 confirmed", said)

    def test_the_wrong_kind_of_port(self):
        said = self.produce(url=self.url.replace("amqps:", "amqp:"), expect=69)
        self.assertIn("the server speaks TLS only: 127.0.0.1:", said)
        self.assertIn("\n  write amqps:// in --url or $AMQP_URL\n", said)
        said = self.produce(url=self.plain.replace("amqp:", "amqps:"), expect=69)
        self.assertIn("the server does not speak TLS: 127.0.0.1:", said)
        self.assertIn("\n  write amqp:// for a port without TLS", said)

    def test_a_certificate_that_the_broker_does_not_know(self):
        said = self.produce("--cacert", certificate("ca.pem"), "--cert",
                            certificate("client-stranger.pem"), "--key",
                            certificate("client-stranger.key"), expect=77)
        self.assertIn("the server wants another client certificate: 127.0.0.1:", said)
        self.assertIn("\n  give --cert and --key; the broker has to know who issued it\n", said)

    def test_files_that_are_not_there(self):
        said = self.produce("--cacert", "/nowhere/ca.pem", expect=66)
        self.assertIn("--cacert: cannot read /nowhere/ca.pem: No such file or directory", said)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
