"""Sessions played by pika."""
import time

import pika

PROPERTIES = dict(
    content_type="text/plain", content_encoding="identity", delivery_mode=2, priority=9,
    headers={"colour": "blue", "count": -5, "yes": True, "nothing": None,
             "list": [1, "two", {"three": 3}], "bytes": b"\x00\xff"},
    correlation_id="corr-1", reply_to="answers", expiration="60000", message_id="id-1",
    timestamp=1700000000, type="resize", user_id="guest", app_id="recorder")


def parameters(stage, **options):
    return pika.ConnectionParameters("127.0.0.1", stage.port, **options)


def connect(stage, **options):
    return pika.BlockingConnection(parameters(stage, **options))


def direct(stage):
    """A connection that is not recorded, for what somebody else does."""
    return pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", stage.broker_port))


def process_until(connection, happened, seconds=30):
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError("the broker did not do what it should")
        connection.process_data_events(time_limit=0.1)


def login_failed(stage):
    """A wrong password: connection.close with 403 in the middle of the handshake"""
    try:
        connect(stage, credentials=pika.PlainCredentials("guest", "wrong"))
    except pika.exceptions.ProbableAuthenticationError:
        return
    raise AssertionError("the broker took the wrong password")


def publish_properties(stage):
    """A message with every property, one with each of them alone, one with the reserved cluster-id"""
    connection = connect(stage)
    channel = connection.channel()
    channel.queue_declare("props", exclusive=True)
    # Only a property alone tells which flag is its own.
    alone = [{name: value} for name, value in PROPERTIES.items()]
    for each in (PROPERTIES, *alone, {"cluster_id": "reserved"}):
        channel.basic_publish("", "props", b"a\0b\nc\xff", pika.BasicProperties(**each))
        channel.basic_get("props", auto_ack=True)
    connection.close()


def body_multi_frame(stage):
    """A body of 10,000 bytes over a connection that agreed on frames of 4096 bytes"""
    connection = connect(stage, frame_max=4096)
    channel = connection.channel()
    channel.queue_declare("large", exclusive=True)
    body = bytes(range(250)) * 40
    got = []
    channel.basic_publish("", "large", body)
    channel.basic_consume("large", lambda *delivery: got.append(delivery[3]), auto_ack=True,
                          consumer_tag="large-tag")
    process_until(connection, lambda: got)
    assert got == [body]
    connection.close()


def body_empty(stage):
    """An empty body: a header frame and no body frame, both ways"""
    connection = connect(stage)
    channel = connection.channel()
    channel.queue_declare("empty", exclusive=True)
    channel.basic_publish("", "empty", b"", pika.BasicProperties(type="nothing"))
    assert channel.basic_get("empty", auto_ack=True)[2] == b""
    connection.close()


def cancel_by_broker(stage):
    """A queue deleted under its consumer: the broker sends basic.cancel"""
    connection = connect(stage)
    channel = connection.channel()
    channel.queue_declare("doomed", auto_delete=False)
    cancelled = []
    channel.add_on_cancel_callback(cancelled.append)
    channel.basic_consume("doomed", lambda *_: None, consumer_tag="doomed-tag")
    other = direct(stage)
    other.channel().queue_delete("doomed")
    other.close()
    process_until(connection, lambda: cancelled)
    connection.close()


def blocked(stage):
    """A memory alarm: connection.blocked after the first publish, then connection.unblocked"""
    connection = connect(stage)
    channel = connection.channel()
    channel.queue_declare("alarmed", exclusive=True)
    told = []
    connection.add_on_connection_blocked_callback(lambda *_: told.append("blocked"))
    connection.add_on_connection_unblocked_callback(lambda *_: told.append("unblocked"))
    stage.ctl("set_vm_memory_high_watermark", "absolute", "1")
    channel.basic_publish("", "alarmed", b"waits")
    process_until(connection, lambda: told)
    stage.ctl("set_vm_memory_high_watermark", "0.4")
    process_until(connection, lambda: len(told) == 2)
    assert told == ["blocked", "unblocked"]
    connection.close()


def connection_closed_by_broker(stage):
    """An operator closes the connection while a consumer waits: 320 CONNECTION_FORCED"""
    connection = connect(stage)
    channel = connection.channel()
    channel.queue_declare("forced", exclusive=True)
    channel.basic_consume("forced", lambda *_: None, consumer_tag="forced-tag")
    stage.ctl("close_all_connections", "maintenance")
    try:
        process_until(connection, lambda: False)
    except pika.exceptions.ConnectionClosedByBroker:
        return


def connection_error(stage):
    """An exchange type that does not exist: the broker closes the connection with 503"""
    connection = connect(stage)
    try:
        connection.channel().exchange_declare("strange", exchange_type="no-such-type")
    except pika.exceptions.ConnectionClosedByBroker:
        return
    raise AssertionError("the broker took an unknown exchange type")


def recover(stage):
    """Two unacknowledged deliveries, redelivered after basic.recover"""
    connection = connect(stage)
    channel = connection.channel()
    channel.queue_declare("again", exclusive=True)
    channel.basic_publish("", "again", b"one")
    channel.basic_publish("", "again", b"two")
    got = []
    channel.basic_consume("again", lambda _, method, __, body: got.append((body, method.redelivered)),
                          consumer_tag="again-tag")
    process_until(connection, lambda: len(got) == 2)
    channel.basic_recover(requeue=True)
    process_until(connection, lambda: len(got) == 4)
    assert got[2:] == [(b"one", True), (b"two", True)]
    connection.close()


def large_headers(stage):
    """A message whose header frame exceeds the negotiated 4096 bytes: the broker does not split"""
    connection = connect(stage, frame_max=4096)
    channel = connection.channel()
    channel.queue_declare("heads", auto_delete=False)
    other = direct(stage)
    # tshark truncates texts at 240 bytes: many short ones.
    headers = {f"trace-{i}": "hop " * 45 for i in range(60)}
    other.channel().basic_publish("", "heads", b"small", pika.BasicProperties(headers=headers))
    other.close()
    got = []
    channel.basic_consume("heads", lambda *delivery: got.append(delivery[2].headers), auto_ack=True,
                          consumer_tag="heads-tag")
    process_until(connection, lambda: got)
    assert got == [headers]
    channel.queue_delete("heads")
    connection.close()


def heartbeats(stage):
    """A heartbeat of one second, awaited from both sides"""
    connection = connect(stage, heartbeat=1)
    beat = b"\x08\0\0\0\0\0\0\xce"
    process_until(connection, lambda: all(stage.relay.bytes_from(end).count(beat) >= 2
                                          for end in ("client", "server")))
    connection.close()


SESSIONS = [login_failed, publish_properties, body_multi_frame, body_empty, cancel_by_broker, blocked,
            connection_closed_by_broker, connection_error, recover, large_headers, heartbeats]
