import Testing

@testable import MediaCore

@Suite struct RTCPRoundTripTests {
    private func randomBlock(_ random: inout MediaRandom) -> ReportBlock {
        func word() -> UInt32 { UInt32(truncatingIfNeeded: random.next()) }
        return ReportBlock(
            ssrc: word(), fractionLost: UInt8(truncatingIfNeeded: random.next()),
            packetsLost: Int32.random(in: -0x80_0000...0x7F_FFFF, using: &random), highestSequenceNumber: word(),
            jitter: word(), lastSenderReport: word(), delaySinceLastSenderReport: word())
    }

    private func randomFeedback(_ random: inout MediaRandom) -> TransportFeedback {
        var receptions: [TransportFeedback.Reception] = []
        var offset = 0
        // Stretches of one kind, as they occur, with changes of kind at any place.
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            let kind = Int.random(in: 0..<4, using: &random)
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                switch kind {
                case 0: break
                case 1: receptions.append(.init(offset: UInt16(offset), delta: .random(in: 0...255, using: &random)))
                case 2:
                    receptions.append(.init(offset: UInt16(offset), delta: .random(in: .min ... -1, using: &random)))
                default:
                    if Bool.random(using: &random) {
                        receptions.append(.init(offset: UInt16(offset), delta: .random(in: -2...260, using: &random)))
                    }
                }
                offset += 1
            }
            if Int.random(in: 0..<6, using: &random) == 0 { offset += Int.random(in: 0..<4_000, using: &random) }
        }
        return TransportFeedback(
            sender: 1, media: 2, baseSequenceNumber: UInt16.random(in: 0 ... .max, using: &random),
            statusCount: UInt16(offset), referenceTime: UInt32.random(in: 0..<1 << 24, using: &random),
            feedbackCount: UInt8.random(in: 0 ... .max, using: &random), receptions: receptions)
    }

    private func randomMessage(_ random: inout MediaRandom) -> RTCPMessage {
        func word() -> UInt32 { UInt32(truncatingIfNeeded: random.next()) }
        func text(_ range: ClosedRange<Int>) -> String {
            String(random.iceCharacters(Int.random(in: range, using: &random)))
        }
        func count(_ range: ClosedRange<Int>) -> Range<Int> { 0..<Int.random(in: range, using: &random) }
        switch Int.random(in: 0..<9, using: &random) {
        case 0:
            return .senderReport(
                SenderReport(
                    ssrc: word(), ntpTime: NTPTime(bits: random.next()), rtpTimestamp: word(), packetCount: word(),
                    octetCount: word(), blocks: count(0...31).map { _ in randomBlock(&random) }))
        case 1:
            return .receiverReport(
                ReceiverReport(ssrc: word(), blocks: count(0...31).map { _ in randomBlock(&random) }))
        case 2:
            return .sourceDescription(
                count(0...31).map { _ in SourceDescriptionChunk(ssrc: word(), cname: text(0...255)) })
        case 3:
            return .goodbye(
                Goodbye(ssrcs: count(0...31).map { _ in word() }, reason: word() % 2 == 0 ? text(1...255) : nil))
        case 4:
            let items = count(1...40).map { _ in
                GenericNACK.Item(packetID: UInt16(word() >> 16), bitmask: UInt16(word() >> 16))
            }
            return .nack(GenericNACK(sender: word(), media: word(), items: items))
        case 5:
            return .pictureLoss(PictureLossIndication(sender: word(), media: word()))
        case 6:
            let entries = count(1...9).map { _ in
                FullIntraRequest.Entry(ssrc: word(), sequenceNumber: UInt8(word() >> 24))
            }
            return .fullIntraRequest(FullIntraRequest(sender: word(), entries: entries))
        case 7:
            let bitrate = UInt64.random(in: 0..<1 << 18, using: &random) << UInt64.random(in: 0...46, using: &random)
            return .receiverEstimate(
                ReceiverEstimate(sender: word(), bitrate: bitrate, ssrcs: count(0...255).map { _ in word() }))
        default:
            return .transportFeedback(randomFeedback(&random))
        }
    }

    @Test func whatIsBuiltIsRead() throws {
        var random = MediaRandom.seeded(21)
        for _ in 0..<600 {
            let messages = (0..<Int.random(in: 1...4, using: &random)).map { _ in randomMessage(&random) }
            var bytes: [UInt8] = []
            for message in messages { bytes.append(message) }
            #expect(bytes.count % 4 == 0)
            let read = try RTCPVectors.messages(bytes)
            guard read != messages else { continue }
            Issue.record("\(messages) became \(read)")
            return
        }
    }

    @Test func longListsGoOnInFurtherPackets() throws {
        var random = MediaRandom.seeded(2)
        let blocks = (0..<70).map { _ in randomBlock(&random) }
        let report = SenderReport(
            ssrc: 5, ntpTime: NTPTime(bits: 6), rtpTimestamp: 7, packetCount: 8, octetCount: 9, blocks: blocks)
        let messages = try RTCPVectors.messages(RTCPVectors.bytes(.senderReport(report)))
        var first = report
        first.blocks = Array(blocks[..<31])
        #expect(
            messages == [
                .senderReport(first), .receiverReport(ReceiverReport(ssrc: 5, blocks: Array(blocks[31..<62]))),
                .receiverReport(ReceiverReport(ssrc: 5, blocks: Array(blocks[62...]))),
            ])
        let leaving = try RTCPVectors.messages(RTCPVectors.bytes(.goodbye(Goodbye(ssrcs: Array(0..<40)))))
        #expect(
            leaving == [.goodbye(Goodbye(ssrcs: Array(0..<31))), .goodbye(Goodbye(ssrcs: Array(31..<40)))])
    }

    @Test func outOfRangeValuesAreClamped() throws {
        var random = MediaRandom.seeded(1)
        var block = randomBlock(&random)
        for (given, expected) in [(Int32.max, 0x7F_FFFF), (Int32.min, -0x80_0000), (-1, -1)] as [(Int32, Int32)] {
            block.packetsLost = given
            let read = try RTCPVectors.messages(
                RTCPVectors.bytes(.receiverReport(ReceiverReport(ssrc: 1, blocks: [block]))))
            block.packetsLost = expected
            #expect(read == [.receiverReport(ReceiverReport(ssrc: 1, blocks: [block]))])
        }
        let estimate = ReceiverEstimate(sender: 1, bitrate: .max, ssrcs: [])
        let read = try RTCPVectors.messages(RTCPVectors.bytes(.receiverEstimate(estimate)))
        guard case .receiverEstimate(let back) = read.first else { throw RTCPError.framing }
        #expect(back.bitrate == 0x3FFFF << 46)
        let chunk = SourceDescriptionChunk(ssrc: 1, cname: String(repeating: "x", count: 300))
        let chunks = try RTCPVectors.messages(RTCPVectors.bytes(.sourceDescription([chunk])))
        let short = SourceDescriptionChunk(ssrc: 1, cname: String(repeating: "x", count: 255))
        #expect(chunks == [.sourceDescription([short])])
    }

    @Test func nackNumbersPackAndUnpack() {
        let numbers: [UInt16] = [65_530, 65_531, 65_535, 0, 10, 11, 27, 28, 500]
        let nack = GenericNACK(sender: 1, media: 2, sequenceNumbers: numbers)
        #expect(nack.items.map(\.packetID) == [65_530, 11, 28, 500])
        #expect(nack.items.map(\.bitmask) == [0x8031, 0x8000, 0, 0])
        #expect(Array(nack.sequenceNumbers) == numbers)
        let full = GenericNACK(sender: 1, media: 2, items: [.init(packetID: 65_535, bitmask: 0xFFFF)])
        #expect(Array(full.sequenceNumbers) == [65_535] + Array(0...15))
        #expect(GenericNACK(sender: 1, media: 2, sequenceNumbers: [4, 4, 4]).items.count == 1)
    }

    @Test func framingIsStrict() throws {
        let pictureLoss = RTCPVectors.bytes(.pictureLoss(PictureLossIndication(sender: 1, media: 2)))
        func isValid(_ bytes: [UInt8]) -> Bool { RTCPReader.validate(bytes.span.bytes) }
        #expect(isValid(pictureLoss) && isValid(pictureLoss + pictureLoss))
        #expect(!isValid([]) && !isValid(pictureLoss + [0]) && !isValid(pictureLoss + [0x80, 206, 0, 1]))
        for count in 1..<pictureLoss.count { #expect(!isValid(Array(pictureLoss[..<count]))) }
        // Padding: on the last packet only, and never longer than the body.
        var padded = pictureLoss + [0, 0, 0, 4]
        padded[0] |= 0x20
        padded[3] += 1
        #expect(isValid(pictureLoss + padded) && !isValid(padded + pictureLoss))
        #expect(try RTCPVectors.messages(padded) == RTCPVectors.messages(pictureLoss))
        padded[15] = 0
        #expect(!isValid(padded))
        padded[15] = 13
        #expect(!isValid(padded))
        padded[15] = 12
        #expect(isValid(padded))
        #expect(throws: RTCPError.truncated) { try RTCPVectors.messages(padded) }
    }

    @Test func feedbackIsPackedTightly() throws {
        // A hundred in a row take one chunk and a byte each.
        var feedback = TransportFeedback(
            sender: 1, media: 2, baseSequenceNumber: 3, statusCount: 100, referenceTime: 4, feedbackCount: 5,
            receptions: (0..<100).map { .init(offset: $0, delta: 8) })
        #expect(RTCPVectors.bytes(.transportFeedback(feedback)).count == 20 + 2 + 100 + 2)
        // So does a gap, but for each 8,191.
        feedback.statusCount = 20_001
        feedback.receptions = [.init(offset: 20_000, delta: -1)]
        let bytes = RTCPVectors.bytes(.transportFeedback(feedback))
        #expect(bytes.count == 20 + 3 * 2 + 2 + 2 + 2)
        #expect(try RTCPVectors.messages(bytes) == [.transportFeedback(feedback)])
        #expect(try IndependentFeedback(bytes).feedback == feedback)
        // Every second one: fourteen statuses a chunk.
        feedback.statusCount = 55
        feedback.receptions = (0..<28).map { .init(offset: $0 * 2, delta: 0) }
        #expect(RTCPVectors.bytes(.transportFeedback(feedback)).count == 20 + 4 * 2 + 28)
    }

    @Test func feedbackOfPacketsOnlyClaimedIsCheap() throws {
        // 65,535 packets in nine chunks: nothing is stored for those that did not arrive.
        var bytes: [UInt8] = [0x8F, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0]
        for _ in 0..<9 { bytes.append(bigEndian: 0x1FFF as UInt16) }
        let claims = try RTCPVectors.messages(RTCPVectors.withRightLength(bytes))
        guard case .transportFeedback(let feedback) = claims.first else { throw RTCPError.framing }
        #expect(feedback.receptions.isEmpty && feedback.statusCount == 0xFFFF)
        // A run of 8191 arrivals without a delta for each.
        bytes[20] = 0x3F
        #expect(throws: RTCPError.truncated) { try RTCPVectors.messages(RTCPVectors.withRightLength(bytes)) }
        // An empty run makes no progress.
        (bytes[20], bytes[21]) = (0, 0)
        #expect(throws: RTCPError.truncated) { try RTCPVectors.messages(RTCPVectors.withRightLength(bytes)) }
        // The reserved status has no delta.
        (bytes[20], bytes[21]) = (0x7F, 0xFF)
        let reserved = try RTCPVectors.messages(RTCPVectors.withRightLength(bytes))
        guard case .transportFeedback(let feedback) = reserved.first else { throw RTCPError.framing }
        #expect(feedback.receptions.isEmpty)
    }

    @Test func everyDamageIsHarmless() {
        var random = MediaRandom.seeded(77)
        var read = 0
        for _ in 0..<60 {
            let bytes = RTCPVectors.bytes(randomMessage(&random))
            guard bytes.count < 400 else { continue }
            RTPCaptures.mutations(of: bytes) { read += (try? RTCPVectors.messages($0))?.count ?? 0 }
        }
        #expect(read > 0)
    }
}
