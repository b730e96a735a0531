import CMediaIO
import Testing

@testable import MediaCore
@testable import MediaIO

extension MediaIOTests {
    @Suite struct FrameCoalescingTests {
        private let start = MediaInstant(nanoseconds: 1_000_000_000)
        private let ceiling = MediaDuration.milliseconds(1)

        private func after(_ microseconds: Int64) -> MediaInstant { start + .microseconds(microseconds) }

        /// One that has learnt that a packet goes to a hundred watchers.
        private func experienced(ceiling: MediaDuration) -> FrameCoalescing {
            var coalescing = FrameCoalescing(ceiling: ceiling)
            coalescing.received(1, leavesFrameOpen: false, at: start)
            coalescing.forwarded(datagrams: 100, messages: 100)
            return coalescing
        }

        @Test func anOpenFrameWaitsUntilItIsCompleteOrSilent() {
            var coalescing = experienced(ceiling: ceiling)
            #expect(coalescing.deadline(at: start) == nil)
            coalescing.received(1, leavesFrameOpen: true, at: start)
            #expect(coalescing.deadline(at: start) == after(250))
            coalescing.received(2, leavesFrameOpen: true, at: after(100))
            #expect(coalescing.deadline(at: after(100)) == after(350))
            #expect(coalescing.deadline(at: after(349)) == after(350))
            #expect(coalescing.deadline(at: after(350)) == nil)
            coalescing.received(1, leavesFrameOpen: false, at: after(110))
            #expect(coalescing.deadline(at: after(110)) == nil)
            coalescing.forwarded(datagrams: 400, messages: 100)
            #expect(coalescing.deadline(at: after(110)) == nil)
            #expect(coalescing.waitCount == 1)
            #expect(coalescing.saving == 75)
        }

        @Test func soundNeverWaits() {
            var coalescing = experienced(ceiling: ceiling)
            for _ in 0..<100 {
                coalescing.received(1, leavesFrameOpen: false, at: start)
                #expect(coalescing.deadline(at: start) == nil)
                coalescing.forwarded(datagrams: 100, messages: 100)
            }
            #expect(coalescing.waitCount == 0)
            // Nor when it comes while a frame waits: then both leave.
            coalescing.received(1, leavesFrameOpen: true, at: start)
            #expect(coalescing.deadline(at: start) != nil)
            coalescing.received(1, leavesFrameOpen: false, at: after(10))
            #expect(coalescing.deadline(at: after(10)) == nil)
        }

        @Test func noPacketWaitsLongerThanTheCeiling() {
            for seed in UInt64(0)..<200 {
                var random = SeededRandom(seed: seed)
                let ceiling = MediaDuration.microseconds(Int64.random(in: 0...5000, using: &random))
                var coalescing = experienced(ceiling: ceiling)
                var now = start
                var oldest: MediaInstant?
                var pending = 0
                for _ in 0..<300 {
                    if Bool.random(using: &random) {
                        let count = Int.random(in: 1...3, using: &random)
                        coalescing.received(count, leavesFrameOpen: Bool.random(using: &random), at: now)
                        oldest = oldest ?? now
                        pending += count
                    }
                    if let deadline = coalescing.deadline(at: now), let oldest {
                        #expect(deadline > now && deadline <= oldest + ceiling)
                        now = min(deadline, now + .microseconds(Int64.random(in: 0...400, using: &random)))
                    } else {
                        coalescing.forwarded(datagrams: pending * 50, messages: 50)
                        oldest = nil
                        pending = 0
                        now = now + .microseconds(Int64.random(in: 0...3000, using: &random))
                    }
                }
                #expect((coalescing.waitCount > 0) == (ceiling.nanoseconds > 0))
            }
        }

        @Test func waitsThatSaveNothingEndButForTrials() {
            var coalescing = experienced(ceiling: ceiling)
            // The next packet of each frame comes after the wait.
            for _ in 0..<3200 {
                coalescing.received(1, leavesFrameOpen: true, at: start)
                _ = coalescing.deadline(at: start)
                coalescing.forwarded(datagrams: 100, messages: 100)
            }
            #expect(coalescing.waitCount == 100)
            // Bursts again: found out by a trial, and from then on each frame waits.
            for _ in 0..<132 {
                coalescing.received(1, leavesFrameOpen: true, at: start)
                if coalescing.deadline(at: start) != nil {
                    coalescing.received(4, leavesFrameOpen: false, at: after(10))
                    coalescing.forwarded(datagrams: 500, messages: 100)
                } else {
                    coalescing.forwarded(datagrams: 100, messages: 100)
                }
            }
            #expect(coalescing.waitCount >= 200)
            #expect(coalescing.saving > 300)
        }

        @Test func fewWatchersNeverWaitAndSomeOnlyOnTrial() {
            for (fanOut, waits) in [(0, 0...0), (1, 0...0), (3, 0...0), (4, 30...34), (9, 900...1000)] {
                var coalescing = FrameCoalescing(ceiling: ceiling)
                for _ in 0..<1024 {
                    coalescing.received(1, leavesFrameOpen: true, at: start)
                    if coalescing.deadline(at: start) != nil {
                        coalescing.received(3, leavesFrameOpen: false, at: after(10))
                        coalescing.forwarded(datagrams: 4 * fanOut, messages: fanOut)
                    } else {
                        coalescing.forwarded(datagrams: fanOut, messages: fanOut)
                    }
                }
                #expect(waits.contains(Int(coalescing.waitCount)), "\(fanOut): \(coalescing.waitCount)")
            }
        }

        @Test func theReceiverTellsFramesFromSound() throws {
            let origin = try TestSocket()
            var target = try TestSocket()
            let cases: [([UInt8], Int, Bool)] = [
                ([128, 96], 1, true), ([128, 96 | 128], 1, false), ([144, 127], 1, true), ([128, 111], 1, true),
                // Sender reports, feedback, STUN, DTLS.
                ([128, 200], 0, false), ([129, 205], 0, false), ([0, 1], 0, false), ([22, 254], 0, false),
            ]
            for (start, count, isOpen) in cases {
                for length in [499, 500] {
                    try origin.send(
                        start + [UInt8](repeating: 0, count: length - 2), to: "127.0.0.1", port: target.port)
                    target.datagrams = []
                    target.receive(count: 1)
                    #expect(target.mediaCount == count)
                    #expect(target.leavesFrameOpen == (isOpen && length == 500))
                }
            }
            for bytes in [[], [128], [128, 96], [UInt8](repeating: 128, count: 12)] as [[UInt8]] {
                try origin.send(bytes, to: "127.0.0.1", port: target.port)
                target.datagrams = []
                target.receive(count: 1)
                #expect(target.mediaCount == 0)
            }
        }

        @Test func theCeilingIsChecked() throws {
            for (duration, isValid) in [
                (MediaDuration.zero, true), (.milliseconds(5), true), (MediaDuration(nanoseconds: -1), false),
                (MediaDuration(nanoseconds: 5_000_001), false),
            ] {
                var configuration = MediaWorker.Configuration()
                configuration.announcedAddresses = ["127.0.0.1"]
                configuration.coalescing = duration
                if isValid {
                    _ = try MediaWorker(configuration: configuration)
                } else {
                    #expect { try MediaWorker(configuration: configuration) } throws: {
                        "\($0)".hasPrefix("coalescing: ") && "\($0)".hasSuffix(" ms is not in 0...5 ms")
                    }
                }
            }
        }
    }
}
