import Foundation
import MediaTestSupport
import Testing

@testable import MediaCore

/// Packets that other projects published, with what they expect.
@Suite struct RTCPCaptureTests {
    private let block = ReportBlock(
        ssrc: 0xBC5E_9A40, fractionLost: 0, packetsLost: 0, highestSequenceNumber: 0x46E1, jitter: 273,
        lastSenderReport: 0x9F3_6432, delaySinceLastSenderReport: 150_137)

    /// What pion's tests want of each valid packet, by test and case.
    private var wanted: [String: RTCPMessage] {
        let sender: UInt32 = 0x902F_9E2E
        func chunks(_ pairs: (UInt32, String)...) -> RTCPMessage {
            .sourceDescription(pairs.map { SourceDescriptionChunk(ssrc: $0.0, cname: $0.1) })
        }
        func intra(_ entries: (UInt32, UInt8)...) -> RTCPMessage {
            .fullIntraRequest(
                FullIntraRequest(sender: 0, entries: entries.map { .init(ssrc: $0.0, sequenceNumber: $0.1) }))
        }
        let senderReport = SenderReport(
            ssrc: sender, ntpTime: NTPTime(bits: 0xDA8B_D1FC_DDDD_A05A), rtpTimestamp: 0xAAF4_EDD5, packetCount: 1,
            octetCount: 2, blocks: [block])
        return [
            "FullIntraRequest valid": intra((0x1234_5678, 0x42)),
            "FullIntraRequest also valid": intra((0x1234_5678, 0x42), (0x9876_5432, 0x57)),
            "Goodbye valid": .goodbye(Goodbye(ssrcs: [sender], reason: "FOO")),
            "Goodbye short reason": .goodbye(Goodbye(ssrcs: [sender], reason: "F")),
            "Goodbye empty packet": .goodbye(Goodbye(ssrcs: [])),
            "PictureLossIndication valid": .pictureLoss(PictureLossIndication(sender: 0, media: 0x4BC4_FCB4)),
            "ReceiverReport valid": .receiverReport(ReceiverReport(ssrc: sender, blocks: [block])),
            "ReceiverReport valid with extension data":
                .receiverReport(ReceiverReport(ssrc: sender, blocks: [block])),
            "SenderReport valid": .senderReport(senderReport),
            "SourceDescription no chunks": chunks(),
            "SourceDescription zero item chunk": chunks((0x0102_0304, "")),
            "SourceDescription empty string": chunks((0x0102_0304, "")),
            "SourceDescription two items": chunks((0x1000_0000, "A")),
            "SourceDescription two chunks": chunks((0x0102_0304, "A"), (0x0506_0708, "BCD")),
            "TransportLayerNack valid": .nack(
                GenericNACK(sender: sender, media: sender, items: [.init(packetID: 0xAAAA, bitmask: 0x5555)])),
            "RapidResynchronizationRequest valid": .unknown(type: 205, count: 5),
            "SliceLossIndication valid": .unknown(type: 205, count: 2),
            "TApplicationPacket valid": .unknown(type: 204, count: 0),
            "TApplicationPacket validCustomSsubType": .unknown(type: 204, count: 31),
            "TApplicationPacket validWithPadding": .unknown(type: 204, count: 0),
        ]
    }

    @Test func validPacketsOfPion() throws {
        guard let vectors = try RTCPVectors.pion() else { return }
        let wanted = wanted
        var seen: Set<String> = []
        for vector in vectors where vector.test.hasSuffix("Unmarshal") {
            let name = String(vector.test.dropFirst(4).dropLast(9)) + " \(vector.case)"
            guard let message = wanted[name], vector.hex.count > 16 || vector.expect?.isEmpty == false else { continue }
            guard vector.bytes.count >= 4, vector.bytes[0] >> 6 == 2 else { continue }
            // Several have a length field that is not theirs, which pion's readers of one message pass over.
            let messages = try RTCPVectors.messages(RTCPVectors.withRightLength(vector.bytes))
            #expect(messages == [message], "\(name)")
            seen.insert(name)
        }
        #expect(seen == Set(wanted.keys))
    }

    @Test func invalidPacketsOfPion() throws {
        guard let vectors = try RTCPVectors.pion() else { return }
        var refused = 0
        for vector in vectors {
            guard let expect = vector.expect, expect.contains("WantError: err") else { continue }
            // A reader of one type refuses the others, which are fine here; an APP packet's insides are not looked at.
            if expect.contains("errWrongType") || vector.case == "wrongPaddingSize" { continue }
            let messages = try? RTCPVectors.messages(vector.bytes)
            #expect(messages == nil, "\(vector.test) \(vector.case): \(messages ?? [])")
            refused += 1
        }
        #expect(refused > 20)
    }

    @Test func compoundOfPion() throws {
        guard let vectors = try RTCPVectors.pion() else { return }
        let compound = try #require(vectors.first { $0.test == "realPacket" }).bytes
        #expect(
            try RTCPVectors.messages(compound) == [
                .receiverReport(ReceiverReport(ssrc: 0x902F_9E2E, blocks: [block])),
                .sourceDescription([
                    SourceDescriptionChunk(ssrc: 0x902F_9E2E, cname: "{9c00eb92-1afb-9d49-a47d-91f64eee69f5}")
                ]), .goodbye(Goodbye(ssrcs: [0x902F_9E2E])),
                .pictureLoss(PictureLossIndication(sender: 0x902F_9E2E, media: 0x902F_9E2E)),
                .unknown(type: 205, count: 5), .unknown(type: 204, count: 0),
            ])
    }

    @Test func receiverEstimatesOfPion() throws {
        guard let vectors = try RTCPVectors.pion() else { return }
        func packet(_ test: String, _ index: Int = 0) throws -> [UInt8] {
            let matching = vectors.filter { $0.test == "TestReceiverEstimatedMaximumBitrate" + test }
            return try #require(matching.dropFirst(index).first).bytes
        }
        let estimate = ReceiverEstimate(sender: 1, bitrate: 0x220DF << 6, ssrcs: [0x4874_ED16])
        #expect(estimate.bitrate == 8_927_168)
        let valid = try packet("Unmarshal")
        #expect(try RTCPVectors.messages(valid) == [.receiverEstimate(estimate)])
        #expect(RTCPVectors.bytes(.receiverEstimate(estimate)) == (try packet("Marshal")))
        // 64 bits hold less than the format: the most it can say saturates, and an exponent without mantissa is 0.
        let most = try packet("Overflow")
        #expect(
            try RTCPVectors.messages(most)
                == [.receiverEstimate(ReceiverEstimate(sender: 0, bitrate: .max, ssrcs: []))])
        let none = try packet("Overflow", 1)
        #expect(
            try RTCPVectors.messages(none)
                == [.receiverEstimate(ReceiverEstimate(sender: 0, bitrate: 0, ssrcs: []))])
    }

    @Test func transportFeedbackOfPion() throws {
        guard let vectors = try RTCPVectors.pion() else { return }
        // Base, count, reference time, feedback count; then offsets and deltas, in 250 µs, of what arrived.
        let wanted: [String: (UInt16, UInt16, UInt32, UInt8, [UInt16], [Int16])] = [
            "example1": (153, 1, 4_057_090, 23, [0], [148]),
            "example2": (372, 14, 4_567_386, 64, [0, 1], [208, 0]),
            "example3": (372, 6, 4_567_386, 64, [0, 1, 2, 3, 4, 5], [8_190, 8_090, 208, 0, 208, 0]),
            "example4": (4, 7, 1_074_030, 1, [0, 1, 2, 3, 4, 5, 6], [76, 36, 36, 16, 12, 12, 16]),
            "example5": (1, 14, 1_074_029, 0, [0, 1, 2, 4], [16, 12, 12, 16]),
            "example6": (34_108, 9, 6_551_830, 179, [0, 1, 2, 3, 4, 6], [155, 170, 106, 170, 123, 265]),
            "example7": (0, 0, 0, 0, [], []),
        ]
        var seen = 0
        for vector in vectors where vector.test == "TestTransportLayerCC_Unmarshal" {
            if ["example8", "example9"].contains(vector.case) {
                #expect(throws: RTCPError.truncated) { try RTCPVectors.messages(vector.bytes) }
                continue
            }
            let messages = try RTCPVectors.messages(vector.bytes)
            guard case .transportFeedback(let feedback) = messages.first else {
                Issue.record("\(vector.case) is no feedback")
                continue
            }
            seen += 1
            #expect(feedback == (try IndependentFeedback(vector.bytes).feedback), "\(vector.case)")
            let expected = try #require(wanted[vector.case])
            #expect(feedback.baseSequenceNumber == expected.0 && feedback.statusCount == expected.1)
            #expect(feedback.referenceTime == expected.2 && feedback.feedbackCount == expected.3)
            #expect(feedback.receptions.map(\.offset) == expected.4, "\(vector.case)")
            #expect(feedback.receptions.map(\.delta) == expected.5, "\(vector.case)")
        }
        #expect(seen == 7)
    }

    @Test func transportFeedbackOfJitsi() throws {
        struct File: Decodable { var vectors: [Vector] }
        struct Vector: Decodable {
            var name: String
            var hex: String
            var baseSeq: UInt16
            var count: UInt16
            var referenceTime: UInt32
            var fbPktCount: UInt8
            var deltasTicks250us: [String: Int16]?
            var deltasMs: [String: Double]?
            var lost: [UInt16]?
            var received: [UInt16]?
        }
        guard let data = try Captures.bytes("rtcp/jitsi-tcc.json") else { return print("skipped: no RTCP captures") }
        let vectors = try JSONDecoder().decode(File.self, from: Data(data)).vectors
        #expect(vectors.count == 3)
        for vector in vectors {
            let messages = try RTCPVectors.messages(RTPCaptures.bytes(hex: vector.hex))
            guard case .transportFeedback(let feedback) = messages.first, messages.count == 1 else {
                Issue.record("\(vector.name) is no feedback")
                continue
            }
            #expect(feedback.baseSequenceNumber == vector.baseSeq && feedback.statusCount == vector.count)
            #expect(feedback.referenceTime == vector.referenceTime && feedback.feedbackCount == vector.fbPktCount)
            let arrived = feedback.receptions.map { (vector.baseSeq &+ $0.offset, $0.delta) }
            if let ticks = vector.deltasTicks250us {
                #expect(Dictionary(uniqueKeysWithValues: arrived.map { ("\($0.0)", $0.1) }) == ticks)
            }
            if let milliseconds = vector.deltasMs {
                #expect(arrived.count == milliseconds.count)
                for (number, delta) in arrived {
                    #expect(abs(Double(delta) * 0.25 - (milliseconds["\(number)"] ?? .infinity)) < 1)
                }
            }
            if let received = vector.received { #expect(arrived.map(\.0) == received) }
            for number in vector.lost ?? [] { #expect(!arrived.contains { $0.0 == number }) }
        }
    }

    @Test func pastFailuresOfOthersAreHarmless() throws {
        guard let folder = Captures.folder?.appending(path: "fuzz/rtcp/FuzzUnmarshal") else {
            return print("skipped: no captures")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count >= 6)
        for name in names {
            let bytes = Array(try Data(contentsOf: folder.appending(path: name)))
            _ = try? RTCPVectors.messages(bytes)
            var reader = RTCPReader(bytes.span.bytes)
            while let message = try? reader.next() { _ = message }
        }
    }

    @Test func damagedPacketsStayInBounds() throws {
        guard let vectors = try RTCPVectors.pion() else { return }
        var understood = 0
        for vector in vectors {
            for bytes in [vector.bytes, RTCPVectors.withRightLength(vector.bytes)] {
                RTPCaptures.mutations(of: bytes) { damaged in
                    understood += (try? RTCPVectors.messages(damaged))?.count ?? 0
                }
            }
        }
        #expect(understood > 100)
    }
}
