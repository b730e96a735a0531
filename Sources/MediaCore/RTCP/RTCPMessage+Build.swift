extension [UInt8] {
    /// Appends a message, with its header, padded to whole words. A list that is too long for one packet goes on in
    /// further packets of the same type. `unknown` appends nothing.
    package mutating func append(_ message: RTCPMessage) {
        switch message {
        case .senderReport(let report):
            appendSenderReport(report)
        case .receiverReport(let report):
            appendReceiverReports(report.ssrc, report.blocks[...])
        case .sourceDescription(let chunks):
            appendSourceDescriptions(chunks[...])
        case .goodbye(let goodbye):
            appendGoodbyes(goodbye.ssrcs[...], reason: goodbye.reason)
        case .nack(let nack):
            appendPacket(RTCPType.transportFeedback, count: RTCPFeedbackFormat.genericNACK) {
                $0.append(bigEndian: nack.sender)
                $0.append(bigEndian: nack.media)
                for item in nack.items {
                    $0.append(bigEndian: item.packetID)
                    $0.append(bigEndian: item.bitmask)
                }
            }
        case .pictureLoss(let indication):
            appendPacket(RTCPType.payloadFeedback, count: RTCPFeedbackFormat.pictureLoss) {
                $0.append(bigEndian: indication.sender)
                $0.append(bigEndian: indication.media)
            }
        case .fullIntraRequest(let request):
            appendPacket(RTCPType.payloadFeedback, count: RTCPFeedbackFormat.fullIntraRequest) {
                $0.append(bigEndian: request.sender)
                $0.append(bigEndian: 0 as UInt32)
                for entry in request.entries {
                    $0.append(bigEndian: entry.ssrc)
                    $0.append(bigEndian: UInt32(entry.sequenceNumber) << 24)
                }
            }
        case .receiverEstimate(let estimate):
            appendPacket(RTCPType.payloadFeedback, count: RTCPFeedbackFormat.applicationLayer) {
                estimate.append(to: &$0)
            }
        case .transportFeedback(let feedback):
            appendPacket(RTCPType.transportFeedback, count: RTCPFeedbackFormat.transportWide) {
                feedback.append(to: &$0)
            }
        case .unknown:
            break
        }
    }

    private mutating func appendSenderReport(_ report: SenderReport) {
        let blocks = report.blocks.prefix(31)
        appendPacket(RTCPType.senderReport, count: UInt8(blocks.count)) {
            $0.append(bigEndian: report.ssrc)
            $0.append(bigEndian: report.ntpTime.bits)
            $0.append(bigEndian: report.rtpTimestamp)
            $0.append(bigEndian: report.packetCount)
            $0.append(bigEndian: report.octetCount)
            for block in blocks { block.append(to: &$0) }
        }
        // RFC 3550, section 6.1: what does not fit goes into receiver reports behind it.
        if blocks.endIndex < report.blocks.endIndex {
            appendReceiverReports(report.ssrc, report.blocks[blocks.endIndex...])
        }
    }

    private mutating func appendReceiverReports(_ ssrc: UInt32, _ blocks: ArraySlice<ReportBlock>) {
        var rest = blocks
        repeat {
            let part = rest.prefix(31)
            appendPacket(RTCPType.receiverReport, count: UInt8(part.count)) {
                $0.append(bigEndian: ssrc)
                for block in part { block.append(to: &$0) }
            }
            rest = rest.dropFirst(31)
        } while !rest.isEmpty
    }

    private mutating func appendSourceDescriptions(_ chunks: ArraySlice<SourceDescriptionChunk>) {
        var rest = chunks
        repeat {
            let part = rest.prefix(31)
            appendPacket(RTCPType.sourceDescription, count: UInt8(part.count)) {
                for chunk in part { chunk.append(to: &$0) }
            }
            rest = rest.dropFirst(31)
        } while !rest.isEmpty
    }

    private mutating func appendGoodbyes(_ ssrcs: ArraySlice<UInt32>, reason: String?) {
        var rest = ssrcs
        repeat {
            let part = rest.prefix(31)
            appendPacket(RTCPType.goodbye, count: UInt8(part.count)) {
                for ssrc in part { $0.append(bigEndian: ssrc) }
                guard let text = reason?.utf8.prefix(255) else { return }
                $0.append(UInt8(text.count))
                $0.append(contentsOf: text)
            }
            rest = rest.dropFirst(31)
        } while !rest.isEmpty
    }

    /// Appends a header, what `body` appends, null bytes up to a whole word, and mends the length.
    private mutating func appendPacket(_ type: UInt8, count: UInt8, body: (inout [UInt8]) -> Void) {
        let start = self.count
        append(0x80 | count)
        append(type)
        append(bigEndian: 0 as UInt16)
        body(&self)
        append(contentsOf: repeatElement(0, count: -(self.count - start) & 3))
        set(bigEndian: UInt16(truncatingIfNeeded: (self.count - start) / 4 - 1), at: start + 2)
    }
}
