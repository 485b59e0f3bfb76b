"""Sessions played by py-amqp."""
import amqp


def connect(stage, **options):
    connection = amqp.Connection(f"127.0.0.1:{stage.port}", **options)
    connection.connect()
    return connection


def message(body):
    return amqp.Message(body, content_type="text/plain", delivery_mode=2)


def handshake_amqplain(stage):
    """A login with AMQPLAIN, whose response is a table's fields"""
    connect(stage, login_method="AMQPLAIN").close()


def get(stage):
    """basic.get-ok with and without acknowledgement, and basic.get-empty"""
    connection = connect(stage)
    channel = connection.channel()
    channel.queue_declare("mailbox", exclusive=True)
    assert channel.basic_get("mailbox", no_ack=True) is None
    for body in ("one", "two"):
        channel.basic_publish(message(body), routing_key="mailbox")
    assert channel.basic_get("mailbox", no_ack=True).body == "one"
    got = channel.basic_get("mailbox")
    assert got.body == "two"
    channel.basic_ack(got.delivery_tag)
    assert channel.basic_get("mailbox") is None
    connection.close()


def transactions(stage):
    """A transaction that is committed and one that is rolled back"""
    connection = connect(stage)
    channel = connection.channel()
    channel.queue_declare("ledger", exclusive=True)
    channel.tx_select()
    channel.basic_publish(message("kept"), routing_key="ledger")
    channel.tx_commit()
    channel.basic_publish(message("dropped"), routing_key="ledger")
    channel.tx_rollback()
    assert channel.basic_get("ledger", no_ack=True).body == "kept"
    assert channel.basic_get("ledger", no_ack=True) is None
    connection.close()


def flow(stage):
    """channel.flow by the client, which RabbitMQ takes with active=true only"""
    connection = connect(stage)
    connection.channel().flow(True)
    connection.close()


def recover_async(stage):
    """The deprecated basic.recover-async: redelivery without recover-ok"""
    connection = connect(stage)
    channel = connection.channel()
    channel.queue_declare("async", exclusive=True)
    channel.basic_publish(message("again"), routing_key="async")
    got = []
    channel.basic_consume("async", callback=got.append, consumer_tag="async-tag")
    while not got:
        connection.drain_events(timeout=30)
    channel.basic_recover_async(requeue=True)
    while len(got) < 2:
        connection.drain_events(timeout=30)
    assert got[1].delivery_info["redelivered"]
    connection.close()


def channel_closed_by_client(stage):
    """Two channels, each closed by the client and its number used again"""
    connection = connect(stage)
    first, second = connection.channel(), connection.channel()
    first.queue_declare("short-lived", exclusive=True)
    first.close()
    third = connection.channel()
    third.queue_declare("short-lived", passive=True)
    third.close()
    second.close()
    connection.close()


def flags(stage):
    """Each flag of a method set alone, which tells which bit is its own"""
    connection = connect(stage)
    channel = connection.channel()
    off = {"auto_delete": False}
    for flag in ("durable", "exclusive", "auto_delete"):
        channel.queue_declare(flag, **off | {flag: True})
    channel.queue_declare("durable", passive=True, **off)
    for flag in ("durable", "auto_delete"):
        channel.exchange_declare(flag, "direct", **off | {flag: True})
    channel.exchange_declare("durable", "direct", passive=True, **off)
    for flag in ("no_local", "no_ack", "exclusive"):
        channel.basic_consume("durable", consumer_tag=flag, **{flag: True})
        channel.basic_cancel(flag)
    channel.basic_qos(0, 1, a_global=False)
    channel.basic_qos(0, 2, a_global=True)
    channel.exchange_delete("durable", if_unused=True)
    channel.exchange_delete("auto_delete")
    channel.queue_delete("auto_delete", if_empty=True)
    channel.queue_delete("durable", if_unused=True)
    channel.queue_delete("exclusive")
    connection.close()


SESSIONS = [handshake_amqplain, flags, get, transactions, flow, recover_async, channel_closed_by_client]
