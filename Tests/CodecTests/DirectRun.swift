import MediaCore

/// Every combination of layers, taken from what is sent and decoded without the engine: shows that the clip itself can
/// be taken apart as it says.
struct DirectRun {
    let mode: CodecMode
    let clip: Clip
    let frameCount: Int

    private struct Watcher {
        var size: Int
        var temporalLayer: Int
        var decoder: Decoder
        var depacketizer: Depacketizer
    }

    func run() throws -> CheckRow {
        var row = CheckRow(codec: mode.codec.rawValue, mode: mode.name)
        let sender = try LayeredSender(mode, clip: clip)
        var watchers: [Watcher] = []
        for size in 0..<mode.sizes {
            for temporalLayer in 0..<mode.temporalLayers {
                watchers.append(
                    Watcher(
                        size: size, temporalLayer: temporalLayer, decoder: try Decoder(mode.codec),
                        depacketizer: Depacketizer(mode.codec)))
            }
        }
        for number in 0..<frameCount {
            // Not all keyframes come where the pattern begins.
            let isKey = number == 0 || number % 29 == 28
            let packets = try sender.next(keyframes: isKey ? Set(0..<mode.encodings) : [])
            for index in watchers.indices {
                let size = watchers[index].size
                let stream = packets[mode.encodings > 1 ? size : 0].filter { packet in
                    guard let plan = packet.plan else { return false }
                    guard plan.temporalLayer <= watchers[index].temporalLayer else { return false }
                    guard mode.encodings == 1 else { return true }
                    let buildsOnLower = mode.prediction == .full || plan.isKeyPicture
                    return plan.spatialLayer == size || (buildsOnLower && plan.spatialLayer < size)
                }
                for (place, packet) in stream.enumerated() {
                    let unit = watchers[index].depacketizer.take(
                        packet.bytes, timestamp: UInt32(number), marker: place == stream.count - 1)
                    guard let unit else { continue }
                    row.forwarded += 1
                    guard let picture = try? watchers[index].decoder.decode(unit) else {
                        row.complain("\(size).\(watchers[index].temporalLayer): picture \(number) is not decoded")
                        continue
                    }
                    row.decoded += 1
                    let known = sender.shown[picture.digest]
                    if known?.number != number || known?.size != size {
                        row.complain("\(size).\(watchers[index].temporalLayer): picture \(number) is another")
                    }
                }
            }
        }
        row.encoded = sender.frames
        return row
    }
}
