import CCodecs
import MediaCore

/// A clip that is encoded, forwarded while the watcher moves through the layers, and decoded.
final class LayerRun {
    /// What a watcher asks for, and from which picture on.
    private struct Step {
        var size: Int
        var temporalLayer: Int
        var start: Int
    }

    /// How long a change may take: until the next picture where temporal layers open, or until a keyframe that is asked
    /// for at once has come.
    private static let settleFrames = 10
    /// Sizes and temporal layers in turn: each combination, and every kind of move.
    private static let order = [
        (2, 2), (0, 2), (2, 0), (1, 1), (2, 2), (1, 0), (0, 0), (0, 1), (1, 2), (2, 1), (0, 2), (1, 0), (2, 2), (0, 0),
        (2, 1), (1, 1),
    ]

    private let mode: CodecMode
    private let frameCount: Int
    private let clip: Clip
    private let call: CodecCall
    private let sender: LayeredSender
    private let decoder: Decoder
    private var depacketizer: Depacketizer
    private var steps: [Step] = []
    private var lastIndex: UInt64?
    /// The first picture's timestamp and number.
    private var origin: (timestamp: UInt32, number: Int)?
    private var lastNumber = -1
    private var lastTimestamp: UInt32?
    private var seen: [LayeredSender.Shown] = []
    private var row: CheckRow

    /// `seconds` is how long the clip is.
    init(_ mode: CodecMode, clip: Clip, seconds: Int) throws {
        self.mode = mode
        self.clip = clip
        frameCount = seconds * Clip.frameRate
        call = try CodecCall(mode.codec, encodings: mode.encodings)
        sender = try LayeredSender(mode, clip: clip)
        decoder = try Decoder(mode.codec)
        depacketizer = Depacketizer(mode.codec, checksPictures: mode.description != .dependency)
        row = CheckRow(codec: mode.codec.rawValue, mode: mode.name)
        plan()
    }

    private func plan() {
        let length = max(frameCount / Self.order.count, Self.settleFrames + 5)
        for (index, wanted) in Self.order.enumerated() where index * length + Self.settleFrames < frameCount {
            let step = Step(
                size: min(wanted.0, mode.sizes - 1), temporalLayer: min(wanted.1, mode.temporalLayers - 1),
                start: index * length)
            if let last = steps.last, last.size == step.size, last.temporalLayer == step.temporalLayer { continue }
            steps.append(step)
        }
    }

    /// Runs the clip through; returns what is to be shown of it.
    func run() throws -> CheckRow {
        var start = MediaDuration.zero
        for number in 0..<frameCount {
            if let step = steps.first(where: { $0.start == number }) { try ask(step) }
            let due = MediaDuration.microseconds(Int64(number) * 1_000_000 / Int64(Clip.frameRate))
            call.run(for: due - start)
            start = due
            let timestamp = UInt32(number * 90_000 / Clip.frameRate)
            let keyframes = number == 0 ? Set(0..<mode.encodings) : call.keyframeRequests
            call.keyframeRequests = []
            // The smallest encoding's packets come first, as browsers send them.
            for (encoding, packets) in try sender.next(keyframes: keyframes).enumerated() {
                call.send(packets, timestamp: timestamp, encoding: encoding)
            }
            if number % Clip.frameRate == 0 { call.report(timestamp: timestamp) }
            take()
        }
        call.run(for: .milliseconds(100))
        take()
        return finish()
    }

    private func ask(_ step: Step) throws {
        let temporal = mode.temporalLayers > 1 ? step.temporalLayer : nil
        try call.prefer(
            mode.encodings > 1
                ? LayerPreference(encodingID: "\(step.size)", temporalLayer: temporal)
                : LayerPreference(spatialLayer: mode.spatialLayers > 1 ? step.size : nil, temporalLayer: temporal))
    }

    private func take() {
        for packet in call.arrivals {
            if let lastIndex, packet.index != lastIndex + 1 { row.complain("index \(packet.index) after \(lastIndex)") }
            lastIndex = packet.index
            // Padding fills a number that nothing was left for.
            guard !packet.payload.isEmpty else { continue }
            guard
                let bytes = depacketizer.take(packet.payload, timestamp: packet.timestamp, marker: packet.marker)
            else { continue }
            show(bytes, packet.timestamp)
        }
        call.arrivals = []
    }

    private func show(_ bytes: [UInt8], _ timestamp: UInt32) {
        row.forwarded += 1
        let decoded: Decoder.Picture?
        do {
            decoded = try decoder.decode(bytes)
        } catch {
            return row.complain("after picture \(lastNumber): the decoder reports \(error)")
        }
        guard let decoded else { return row.complain("after picture \(lastNumber): nothing to show") }
        row.decoded += 1
        let known = sender.shown[decoded.digest]
        if origin == nil, let known { origin = (timestamp, known.number) }
        guard let origin else { return row.complain("the first picture is none of the clip's") }
        let ticks = Int(Int32(bitPattern: timestamp &- origin.timestamp))
        let perFrame = 90_000 / Clip.frameRate
        let number = origin.number + Int((Double(ticks) / Double(perFrame)).rounded())
        compare(decoded, number)
        guard let known else { return row.complain("picture \(number) is not what was encoded") }
        if known.number != number { row.complain("picture \(known.number) comes with the time of \(number)") }
        let isSwitch = seen.last.map { $0.size != known.size } ?? false
        if isSwitch { row.switches += 1 }
        // At a change, a picture may come again in its new size, a little later.
        if number < lastNumber || (number == lastNumber && !isSwitch) {
            row.complain("picture \(number) after \(lastNumber)")
        }
        if let lastTimestamp, Int32(bitPattern: timestamp &- lastTimestamp) <= 0 {
            row.complain("time \(timestamp) after \(lastTimestamp)")
        }
        lastTimestamp = timestamp
        lastNumber = number
        for reference in known.references where !isThere(reference, for: known.size) {
            row.complain("picture \(number) is predicted from \(reference), which was left out")
        }
        seen.append(known)
    }

    /// Whether a picture's layer that others are predicted from was forwarded, as itself or below another one. An encoder
    /// need not have used what it might, so the pictures themselves don't always tell.
    private func isThere(_ number: Int, for size: Int) -> Bool {
        seen.contains { earlier in
            guard earlier.number == number else { return false }
            let hasLower = mode.encodings == 1 && (mode.prediction == .full || earlier.isKeyPicture)
            return earlier.size == size || (earlier.size > size && hasLower)
        }
    }

    /// The picture against the source's of the same time.
    private func compare(_ decoded: Decoder.Picture, _ number: Int) {
        guard let size = Clip.sizes.firstIndex(where: { $0 == (decoded.width, decoded.height) }),
            (0..<frameCount).contains(number)
        else { return row.complain("picture \(number) of \(decoded.width)x\(decoded.height)") }
        let source = clip.pictures(number)[size]
        let psnr = codecs_psnr(decoded.bytes, source, Int32(decoded.width), Int32(decoded.height))
        row.leastPSNR = min(row.leastPSNR, psnr)
        if psnr < CheckRow.leastPSNR { row.complain("picture \(number) is far from its source: \(Int(psnr)) dB") }
    }

    private func finish() -> CheckRow {
        row.encoded = sender.frames
        row.requests = call.keyframeRequestCount
        for text in call.complaints + depacketizer.complaints { row.complain(text) }
        for (index, step) in steps.enumerated() {
            let end = index + 1 < steps.count ? steps[index + 1].start : frameCount
            let settled = (step.start + (index == 0 ? 2 : Self.settleFrames))..<end
            let wanted = settled.filter { sender.temporalLayers[step.size][$0] <= step.temporalLayer }
            let got = seen.filter { settled.contains($0.number) }
            if got.map(\.number) != wanted || !got.allSatisfy({ $0.size == step.size }) {
                let sizes = Set(got.map(\.size)).sorted()
                row.complain(
                    "layer \(step.size).\(step.temporalLayer) in \(settled): \(got.count) of \(wanted.count) pictures, sizes \(sizes)"
                )
            }
        }
        return row
    }
}
