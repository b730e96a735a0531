/// A message of an RTCP packet.
package enum RTCPMessage: Hashable, Sendable {
    /// RFC 3550, section 6.4.1.
    case senderReport(SenderReport)
    /// RFC 3550, section 6.4.2.
    case receiverReport(ReceiverReport)
    /// RFC 3550, section 6.5: the canonical names; other items are passed over.
    case sourceDescription([SourceDescriptionChunk])
    /// RFC 3550, section 6.6.
    case goodbye(Goodbye)
    /// RFC 4585, section 6.2.1.
    case nack(GenericNACK)
    /// RFC 4585, section 6.3.1.
    case pictureLoss(PictureLossIndication)
    /// RFC 5104, section 4.3.1.
    case fullIntraRequest(FullIntraRequest)
    /// draft-alvestrand-rmcat-remb-03.
    case receiverEstimate(ReceiverEstimate)
    /// draft-holmer-rmcat-transport-wide-cc-extensions-01.
    case transportFeedback(TransportFeedback)
    /// A type or format that is not used here; `count` is the header's five bits.
    case unknown(type: UInt8, count: UInt8)

    init(_ packet: borrowing RTCPPacket) throws(RTCPError) {
        let (type, count) = (packet.type, packet.count)
        var reader = WireReader(packet.body)
        do throws(WireError) {
            switch (type, count) {
            case (RTCPType.senderReport, _):
                self = .senderReport(try SenderReport(&reader, count: count))
            case (RTCPType.receiverReport, _):
                self = .receiverReport(try ReceiverReport(&reader, count: count))
            case (RTCPType.sourceDescription, _):
                self = .sourceDescription(try SourceDescriptionChunk.chunks(&reader, count: count))
            case (RTCPType.goodbye, _):
                self = .goodbye(try Goodbye(&reader, count: count))
            case (RTCPType.transportFeedback, RTCPFeedbackFormat.genericNACK):
                self = .nack(try GenericNACK(&reader))
            case (RTCPType.transportFeedback, RTCPFeedbackFormat.transportWide):
                self = .transportFeedback(try TransportFeedback(packet.body))
            case (RTCPType.payloadFeedback, RTCPFeedbackFormat.pictureLoss):
                self = .pictureLoss(try PictureLossIndication(&reader))
            case (RTCPType.payloadFeedback, RTCPFeedbackFormat.fullIntraRequest):
                self = .fullIntraRequest(try FullIntraRequest(&reader))
            case (RTCPType.payloadFeedback, RTCPFeedbackFormat.applicationLayer):
                if let estimate = try ReceiverEstimate(&reader) {
                    self = .receiverEstimate(estimate)
                } else {
                    self = .unknown(type: type, count: count)
                }
            default:
                self = .unknown(type: type, count: count)
            }
        } catch {
            throw .truncated
        }
    }
}
