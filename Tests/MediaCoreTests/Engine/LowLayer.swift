@testable import MediaTestSupport

@testable import MediaCore

/// Sends the low layer's frames, two packets each, beside a publisher that sends the high one.
struct LowLayer {
    let call: SimulatedCall
    let publisher: SimulatedPublisher
    var frame = 100_000
    var index: UInt64 = 9_000
    /// How many keyframe requests have been answered.
    var answered: Int

    mutating func play(for frames: Int, _ observe: () -> Void = {}) {
        for _ in 0..<frames {
            let isKeyframe = publisher.keyframeRequests.count > answered
            answered = publisher.keyframeRequests.count
            for position in 0..<2 {
                publisher.send(
                    MadePacket(
                        ssrc: 700_000, index: index, timestamp: UInt32(frame) &* 2970,
                        rid: SimulatedOffer.lowRid,
                        payload: SimulatedFrame.payload(
                            frame: frame, position: position, count: 2, isKeyframe: isKeyframe)))
                index += 1
            }
            frame += 1
            call.run(for: .milliseconds(33))
            observe()
        }
    }
}
