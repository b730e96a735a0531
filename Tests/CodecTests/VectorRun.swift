import MediaCore
import MediaTestSupport

/// A VP8 test vector: forwarded, each frame must decode to the picture that its publishers say.
struct VectorRun {
    static let names = ["001", "002", "003", "008", "016"]

    let name: String

    func run() throws -> CheckRow {
        var row = CheckRow(codec: MediaCodec.vp8.rawValue, mode: "vector \(name)")
        let path = "media/vp80-00-comprehensive-\(name).ivf"
        guard let file = try Captures.bytes(path), let list = try Captures.bytes("\(path).md5") else {
            row.isSkipped = true
            return row
        }
        let wanted = String(decoding: list, as: UTF8.self).split(whereSeparator: \.isNewline).map {
            String($0.prefix(32))
        }
        let mode = CodecMode(name: "vector", codec: .vp8)
        let call = try CodecCall(.vp8, encodings: 1)
        let planner = LayerPlanner(spatialLayers: 1, temporalLayers: 1, prediction: .full)
        var packetizer = Packetizer(mode, planner: planner, sizes: [(0, 0)])
        for (number, frame) in Self.frames(file).enumerated() {
            var plan = PlannedFrame(
                spatialLayer: 0, temporalLayer: 0, number: number, picture: number, isKeyPicture: number == 0)
            plan.refreshedSlots = 1
            call.run(for: .microseconds(33_333))
            call.send(
                packetizer.packets(of: [LayerFrame(plan: plan, bytes: frame)]), timestamp: UInt32(number * 3000),
                encoding: 0)
            row.encoded += 1
        }
        call.run(for: .milliseconds(100))

        var depacketizer = Depacketizer(.vp8)
        let decoder = try Decoder(.vp8)
        var digests: [String] = []
        for packet in call.arrivals where !packet.payload.isEmpty {
            guard
                let unit = depacketizer.take(packet.payload, timestamp: packet.timestamp, marker: packet.marker)
            else { continue }
            row.forwarded += 1
            guard let picture = try decoder.decode(unit) else { continue }
            row.decoded += 1
            digests.append(
                picture.digest.map { byte in
                    String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
                }.joined())
        }
        for text in call.complaints + depacketizer.complaints { row.complain(text) }
        if digests != wanted {
            let same = zip(digests, wanted).filter { $0 == $1 }.count
            row.complain("\(same) of \(wanted.count) pictures are the vector's")
        }
        return row
    }

    /// The frames of an IVF file: a header of 32 bytes, then a length and a time of 12 bytes before each frame.
    private static func frames(_ file: [UInt8]) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var offset = 32
        while offset + 12 <= file.count {
            let count = (0..<4).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
            guard offset + 12 + count <= file.count else { break }
            frames.append(Array(file[(offset + 12)..<(offset + 12 + count)]))
            offset += 12 + count
        }
        return frames
    }
}
