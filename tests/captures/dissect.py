"""What tshark says of recorded bytes: a pcap made of the relay's reads, dissected and reduced."""
import re
import struct
import subprocess
import tempfile
import xml.etree.ElementTree

PORTS = {"client": 40000, "server": 5672}
SEGMENT_MAX = 60000


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packet(sender, sequence, acknowledged, flags, data):
    """An IPv4 packet with a TCP segment from one end to the other."""
    receiver = "server" if sender == "client" else "client"
    tcp = struct.pack(">HHIIBBHHH", PORTS[sender], PORTS[receiver], sequence, acknowledged, 0x50,
                      flags, 0xffff, 0, 0) + data
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, b"\x7f\0\0\1",
                       b"\x7f\0\0\1")
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + tcp


def pcap(reads):
    """A capture file in which each read is a segment, behind TCP's three-way handshake."""
    syn, ack, push_ack = 0x02, 0x10, 0x18
    began = reads[0][0]
    packets = [(began, packet("client", 0, 0, syn, b"")),
               (began, packet("server", 0, 1, syn | ack, b"")),
               (began, packet("client", 1, 1, ack, b""))]
    next_of = {"client": 1, "server": 1}
    for when, sender, data in reads:
        other = "server" if sender == "client" else "client"
        for at in range(0, len(data), SEGMENT_MAX):
            part = data[at:at + SEGMENT_MAX]
            packets.append((when, packet(sender, next_of[sender], next_of[other], push_ack, part)))
            next_of[sender] += len(part)
    raw_ip = 101  # LINKTYPE_RAW of the pcap format
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 0x40000, raw_ip)
    for when, data in packets:
        out += struct.pack("<IIII", int(when), int(when % 1 * 1e6), len(data), len(data)) + data
    return out


def pdml(reads):
    """tshark's own tree of every packet. Its JSON leaves out the values of table fields."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        file.write(pcap(reads))
        file.flush()
        done = subprocess.run(
            ["tshark", "-r", file.name, "-T", "pdml", "-d", f"tcp.port=={PORTS['server']},amqp"],
            capture_output=True, check=True, timeout=60,
            env={"TZ": "UTC", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
    return xml.etree.ElementTree.fromstring(done.stdout)


def version():
    done = subprocess.run(["tshark", "--version"], capture_output=True, check=True, text=True)
    return re.match(r"TShark \(Wireshark\) [0-9.]+", done.stdout)[0]


def named(parent, name):
    return next((each for each in parent if each.get("name") == name), None)


def field(each):
    """[name, value] of a field as tshark shows it; of a table's field, its text."""
    children = [child for child in each if not child.get("name").startswith("_ws.")]  # its opinions
    if not each.get("name"):  # tshark's complaint about bytes that it does not understand
        return each.get("show")
    if each.get("name").startswith("amqp.field"):
        text = each.get("showname")
        return [text, [field(child) for child in children]] if children else text
    name = each.get("name").rsplit(".", 1)[1]
    if children:
        return [name, [field(child) for child in children]]
    return [name, each.get("show")]


def reduced(sender, proto):
    """One frame of tshark's as a small object."""
    out = {"from": sender, "size": int(proto.get("size"))}
    top = {each.get("name"): each for each in proto}
    for name in ("type", "channel", "length"):
        out[name] = top["amqp." + name].get("showname").split(": ", 1)[1]
    if "amqp.method.class" in top:
        out["method"] = [top[name].get("showname").split(": ", 1)[1]
                         for name in ("amqp.method.class", "amqp.method.method")]
        out["fields"] = [field(each) for each in top["amqp.method.arguments"]]
    elif "amqp.header.class" in top:
        for name in ("class", "weight", "body-size", "property-flags"):
            out[name] = top["amqp.header." + name].get("show")
        out["fields"] = [field(each) for each in top["amqp.header.properties"]]
    elif "amqp.payload" in top:
        out["payload"] = top["amqp.payload"].get("value")
    return out


def frames(reads):
    """Every frame in the order in which the wire completed them."""
    result = []
    for each in pdml(reads).iter("packet"):
        port = next(f.get("show") for f in each.iter("field") if f.get("name") == "tcp.srcport")
        sender = "server" if port == str(PORTS["server"]) else "client"
        dissected = [reduced(sender, proto) for proto in each if proto.get("name") == "amqp"]
        payload = next((f for f in each.iter("field") if f.get("name") == "tcp.payload"), None)
        # tshark names the protocol header in its summary only.
        if not dissected and payload is not None and payload.get("value").startswith(b"AMQP".hex()):
            dissected = [{"from": sender, "size": len(payload.get("value")) // 2,
                          "type": "protocol header, not dissected"}]
        result += dissected
    return result
