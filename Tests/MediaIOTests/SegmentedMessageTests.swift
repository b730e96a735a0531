import Testing

@testable import MediaCore
@testable import MediaIO

extension MediaIOTests {
    @Suite struct SegmentedMessageTests {
        private func path(_ number: Int) -> NetworkPath {
            NetworkPath(remote: TransportAddress(ipv4: 0x7F00_0001, port: UInt16(number)))
        }

        private func group(_ datagrams: [PendingDatagram]) -> [SegmentedMessage] {
            var messages: [SegmentedMessage] = []
            for datagram in datagrams {
                if var last = messages.popLast() {
                    let isJoined = last.join(datagram)
                    messages.append(last)
                    if isJoined { continue }
                }
                messages.append(SegmentedMessage(datagram))
            }
            return messages
        }

        private func group(_ lengths: [Int], path: NetworkPath) -> [SegmentedMessage] {
            var offset = 0
            return group(
                lengths.map { length in
                    defer { offset += length }
                    return PendingDatagram(offset: offset, count: length, path: path)
                })
        }

        private func counts(_ lengths: [Int]) -> [Int] { group(lengths, path: path(1)).map(\.count) }

        @Test func aRunOfEqualLengthsAndOneShorterMakeAMessage() {
            #expect(counts([1112, 1112, 1112, 1112, 1112]) == [5])
            #expect(counts([1112, 1112, 1112, 700]) == [4])
            #expect(counts([1112, 1112, 700, 700]) == [3, 1])
            #expect(counts([1112, 1113]) == [1, 1])
            // A frame as libwebrtc cuts it: the longer packets last.
            #expect(counts([1111, 1111, 1111, 1112, 1112]) == [3, 2])
            #expect(counts([1112, 1112, 1111, 1111]) == [3, 1])
            #expect(counts([100]) == [1])
            #expect(counts([]).isEmpty)
        }

        @Test func theKernelsLimitsHold() {
            #expect(counts([Int](repeating: 100, count: 130)) == [64, 64, 2])
            #expect(counts([Int](repeating: 1200, count: 56)) == [54, 2])
            #expect(counts([65_507]) == [1])
            #expect(counts([65_000, 507]) == [2])
            #expect(counts([65_000, 508]) == [1, 1])
            // The kernel has no empty segments.
            #expect(counts([0, 0]) == [1, 1])
            #expect(counts([10, 0, 10]) == [1, 1, 1])
        }

        @Test func otherPathsAndGapsEndAMessage() {
            let datagrams = [
                PendingDatagram(offset: 0, count: 10, path: path(1)),
                PendingDatagram(offset: 10, count: 10, path: path(2)),
                PendingDatagram(offset: 20, count: 10, path: NetworkPath(remote: path(2).remote, local: 1)),
                PendingDatagram(offset: 31, count: 10, path: NetworkPath(remote: path(2).remote, local: 1)),
                PendingDatagram(offset: 41, count: 10, path: NetworkPath(remote: path(2).remote, local: 1)),
            ]
            #expect(group(datagrams).map(\.count) == [1, 1, 1, 2])
        }

        @Test func messagesAreTheDatagramsInOrder() {
            for seed in UInt64(0)..<300 {
                var random = SeededRandom(seed: seed)
                var datagrams: [PendingDatagram] = []
                var offset = 0
                let lengths = [700, 1111, 1112, 0, 65_000, 1].shuffled(using: &random).prefix(Int(seed % 4) + 1)
                for _ in 0..<Int.random(in: 0...300, using: &random) {
                    if Int.random(in: 0..<20, using: &random) == 0 { offset += 3 }
                    let count = lengths.randomElement(using: &random) ?? 1
                    let number = Int.random(in: 0..<30, using: &random) == 0 ? 2 : 1
                    datagrams.append(PendingDatagram(offset: offset, count: count, path: path(number)))
                    offset += count
                }
                let messages = group(datagrams)
                // As the kernel cuts them.
                var rebuilt: [PendingDatagram] = []
                for message in messages {
                    #expect(message.count <= 64)
                    #expect(message.count == 1 || message.byteCount <= 65_507)
                    var position = message.offset
                    let end = message.offset + message.byteCount
                    repeat {
                        let next = min(position + message.segmentSize, end)
                        rebuilt.append(PendingDatagram(offset: position, count: next - position, path: message.path))
                        position = next
                    } while position < end
                }
                #expect(rebuilt == datagrams)
                // As the fall-back takes them out.
                var singles: [PendingDatagram] = []
                for var message in messages {
                    while message.count > 0 {
                        singles.append(message.first)
                        message.removeFirst()
                    }
                    #expect(message.byteCount == 0)
                }
                #expect(singles == datagrams)
                // Two neighbours never fit into one message.
                for (left, right) in zip(messages, messages.dropFirst()) {
                    var left = left
                    let fits = left.join(right.first)
                    #expect(!fits)
                }
            }
        }

        @Test func refusalsCloseTheGateForAWhile() {
            var gate = SegmentationGate(isAvailable: true)
            for _ in 0..<100 {
                for _ in 0..<3 { gate.refused() }
                #expect(gate.isOpen)
                gate.accepted()
            }
            for _ in 0..<4 { gate.refused() }
            var pauses: [Int] = []
            for _ in 0..<14 {
                var pause = 0
                while !gate.isOpen {
                    gate.passed()
                    pause += 1
                }
                pauses.append(pause)
                gate.refused()
            }
            #expect(pauses.prefix(3) == [1 << 10, 1 << 11, 1 << 12])
            #expect(pauses.suffix(3) == [1 << 20, 1 << 20, 1 << 20])
            while !gate.isOpen { gate.passed() }
            gate.accepted()
            gate.refused()
            #expect(gate.isOpen)
            #expect(!SegmentationGate(isAvailable: false).isOpen)
        }
    }
}
