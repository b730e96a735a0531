import MediaCore
import MediaTestSupport

/// A captured stream of a browser: forwarded, it must decode as well as it does without the engine.
struct CaptureRun {
    static let captures: [(codec: MediaCodec, file: String)] = [
        (.vp8, "vp8.pcap"), (.vp9, "vp9.pcap"), (.h264, "h264.pcap"), (.av1, "av1.pcap"),
    ]

    private struct Packet {
        var index: Int
        var timestamp: UInt32
        var payload: PacketPayload
    }

    let codec: MediaCodec
    let file: String

    func run() throws -> CheckRow {
        var row = CheckRow(codec: codec.rawValue, mode: file)
        guard let file = try Captures.bytes("rtp/\(file)"), let capture = Pcap(file) else {
            row.isSkipped = true
            return row
        }
        let packets = packets(of: capture)
        guard let first = packets.first else { throw CodecCall.Failure(description: "no packets") }
        let call = try CodecCall(codec, encodings: 1)
        call.expectsLoss = true
        var last = first
        for packet in packets {
            call.skip(max(0, packet.index - last.index - 1), encoding: 0)
            let ticks = max(0, Int32(bitPattern: packet.timestamp &- last.timestamp))
            call.run(for: .microseconds(Int64(ticks) * 1_000_000 / 90_000))
            call.send([packet.payload], timestamp: packet.timestamp, encoding: 0)
            last = packet
        }
        call.run(for: .milliseconds(100))
        for text in call.complaints { row.complain(text) }

        let direct = try decode(packets)
        let forwarded = try decode(
            call.arrivals.map {
                Packet(
                    index: Int($0.index), timestamp: $0.timestamp,
                    payload: PacketPayload(bytes: $0.payload, marker: $0.marker))
            })
        row.encoded = direct.pictures.count
        row.forwarded = forwarded.units
        row.decoded = forwarded.pictures.count
        if direct.pictures.isEmpty { row.complain("nothing in it can be decoded") }
        if forwarded.pictures != direct.pictures {
            row.complain("\(forwarded.pictures.count) pictures, \(direct.pictures.count) without the engine")
        }
        if forwarded.failures > direct.failures {
            row.complain("\(forwarded.failures) failures, \(direct.failures) without the engine")
        }
        return row
    }

    private func packets(of capture: Pcap) -> [Packet] {
        var packets: [Packet] = []
        var ssrc: UInt32?
        for datagram in capture.datagrams {
            let bytes = datagram.payload
            guard let header = try? RTPHeader(parsing: bytes.span.bytes), header.ssrc == ssrc ?? header.ssrc else {
                continue
            }
            ssrc = header.ssrc
            let last = packets.last?.index ?? Int(header.sequenceNumber)
            let step = Int16(bitPattern: header.sequenceNumber &- UInt16(truncatingIfNeeded: last))
            let payload = Array(bytes[header.headerByteCount...])
            let padding = RTPHeader.paddingByteCount(of: payload.span.bytes, hasPadding: header.hasPadding) ?? 0
            packets.append(
                Packet(
                    index: last + Int(step), timestamp: header.timestamp,
                    payload: PacketPayload(bytes: payload.dropLast(padding), marker: header.marker)))
        }
        return packets.sorted { $0.index < $1.index }
    }

    /// The pictures of all frames of which nothing is missing, how many such frames there are, and how many of them the
    /// decoder refuses.
    private func decode(_ packets: [Packet]) throws -> (pictures: [[UInt8]], units: Int, failures: Int) {
        let decoder = try Decoder(codec)
        var depacketizer = Depacketizer(codec)
        var (pictures, units, failures): ([[UInt8]], Int, Int) = ([], 0, 0)
        var (last, isBroken): (Packet?, Bool) = (nil, false)
        for packet in packets where !packet.payload.bytes.isEmpty {
            if let last, packet.timestamp != last.timestamp { isBroken = false }
            if let last, packet.index != last.index + 1 {
                isBroken = packet.timestamp == last.timestamp || !depacketizer.isStart(packet.payload.bytes)
                depacketizer.reset()
            }
            last = packet
            guard
                let unit = depacketizer.take(
                    packet.payload.bytes, timestamp: packet.timestamp, marker: packet.payload.marker), !isBroken
            else { continue }
            units += 1
            do {
                if let picture = try decoder.decode(unit) { pictures.append(picture.digest) }
            } catch {
                failures += 1
            }
        }
        return (pictures, units, failures)
    }
}
