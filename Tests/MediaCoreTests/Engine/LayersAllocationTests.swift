import MediaTestSupport
import Testing

@testable import MediaCore

/// What a publisher says of all its encodings at once.
@Suite struct LayersAllocationTests {
    private static let high: UInt32 = 730_000
    private static let low: UInt32 = 740_000

    /// Of three encodings the second is sent alone: 320x180 at 30 frames and 100 kbit/s a second. The second carries this.
    private static let secondAlone: [UInt8] = [0x60, 0x01, 0x00, 0x00, 0x64, 0x01, 0x3F, 0x00, 0xB3, 30]

    /// Sends frames of one packet, 33 ms apart, of both encodings or of the low one alone. Each is a keyframe.
    private struct Camera {
        let call: SimulatedCall
        let publisher: SimulatedPublisher
        var index: UInt64 = 100

        mutating func play(_ frames: Int, sendsHigh: Bool = true, allocation: [UInt8] = []) {
            for _ in 0..<frames {
                index += 1
                func frame(_ ssrc: UInt32, _ rid: String, byteCount: Int) -> MadePacket {
                    let payload = MadePacket.keyframeStart + [UInt8](repeating: 7, count: byteCount)
                    return MadePacket(
                        ssrc: ssrc, payloadType: 0xE0, index: index, timestamp: UInt32(index) * 2_970, rid: rid,
                        payload: payload)
                }
                var low = frame(LayersAllocationTests.low, SimulatedOffer.lowRid, byteCount: 300)
                low.allocation = allocation
                publisher.send(low)
                if sendsHigh { publisher.send(frame(LayersAllocationTests.high, "h", byteCount: 900)) }
                call.run(for: .milliseconds(33))
            }
        }
    }

    private func begin(seed: UInt64) throws -> (Camera, ConsumerID) {
        let call = try SimulatedCall(seed: seed)
        call.injectsKeys = true
        let (publisher, session) = try call.addPublisher(signaling: .rid)
        publisher.isVideoPaused = true
        let (_, watched) = try call.addWatcher(of: session.producers)
        call.run(for: .milliseconds(200))
        var camera = Camera(call: call, publisher: publisher)
        camera.play(60)
        return (camera, try #require(watched.consumers.last))
    }

    private func target(_ camera: Camera, _ consumer: ConsumerID) throws -> String? {
        try camera.call.engine.layers(of: consumer, at: camera.call.instant).target?.encodingID
    }

    @Test func anEncodingThatIsSaidToHaveStoppedIsLeftAtOnce() throws {
        var (told, consumer) = try begin(seed: 861)
        #expect(try target(told, consumer) == "h")
        told.play(1, sendsHigh: false, allocation: Self.secondAlone)
        told.play(3, sendsHigh: false)
        #expect(try target(told, consumer) == SimulatedOffer.lowRid)
        let low = try told.call.engine.layers(of: consumer, at: told.call.instant).layers.first {
            $0.encodingID == SimulatedOffer.lowRid
        }
        #expect(low?.width == 320 && low?.height == 180)

        // Without a word it may have paused only.
        var (silent, other) = try begin(seed: 862)
        silent.play(4, sendsHigh: false)
        #expect(try target(silent, other) == "h")
        silent.play(30, sendsHigh: false)
        #expect(try target(silent, other) == SimulatedOffer.lowRid)
    }

    /// The word of an encoding's end does not outlive its return; and one that is cut short is no word.
    @Test func anEncodingThatComesBack() throws {
        var (camera, consumer) = try begin(seed: 863)
        camera.play(1, allocation: Array(Self.secondAlone.dropLast(2)))
        camera.play(5)
        #expect(try target(camera, consumer) == "h")
        camera.play(1, sendsHigh: false, allocation: Self.secondAlone)
        camera.play(10, sendsHigh: false)
        camera.play(15)
        #expect(try target(camera, consumer) == "h")
    }
}
