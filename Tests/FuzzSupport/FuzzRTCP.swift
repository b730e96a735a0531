import MediaCore

/// Any bytes: parsed as an RTCP compound, what was understood built and parsed again.
package func fuzzRTCP(_ bytes: RawSpan) throws(FuzzFailure) {
    let isValid = RTCPReader.validate(bytes)
    guard let messages = messages(of: bytes) else { return }
    try require(isValid || messages.isEmpty, "messages of a compound that does not hold together")
    guard isValid else { return }
    for case .nack(let nack) in messages {
        var count = 0
        for _ in nack.sequenceNumbers { count += 1 }
        try require(count <= nack.items.count * 17, "\(count) numbers of \(nack.items.count) items")
    }
    for case .transportFeedback(let feedback) in messages {
        var next = 0
        for reception in feedback.receptions {
            try require(
                reception.offset >= next && reception.offset < feedback.statusCount, "a reception out of order")
            next = Int(reception.offset) + 1
        }
    }

    let known = messages.filter { if case .unknown = $0 { false } else { true } }
    let first = try rebuild(known)
    let second = try rebuild(first)
    try require(first == second, "building is no fixed point: \(first) then \(second)")
    try require(known.count == first.count, "\(known.count) messages became \(first.count)")
    for (before, after) in zip(known, first) where isLossless(before) {
        try require(before == after, "\(before) became \(after)")
    }
}

/// All messages; nil when one is malformed.
private func messages(of compound: RawSpan) -> [RTCPMessage]? {
    var reader = RTCPReader(compound)
    var messages: [RTCPMessage] = []
    do throws(RTCPError) {
        while let message = try reader.next() { messages.append(message) }
    } catch {
        return nil
    }
    return messages
}

private func rebuild(_ messages: [RTCPMessage]) throws(FuzzFailure) -> [RTCPMessage] {
    var bytes: [UInt8] = []
    for message in messages { bytes.append(message) }
    try require(messages.isEmpty || RTCPReader.validate(bytes.span.bytes), "what was built does not hold together")
    guard let rebuilt = FuzzSupport.messages(of: bytes.span.bytes) else {
        throw FuzzFailure(description: "what was built does not parse: \(messages)")
    }
    return rebuilt
}

/// Whether building keeps everything. Text that is no UTF-8 is mended, which may lengthen it beyond what fits; a rate
/// beyond 64 bits is capped.
private func isLossless(_ message: RTCPMessage) -> Bool {
    switch message {
    case .sourceDescription(let chunks): chunks.allSatisfy { !$0.cname.unicodeScalars.contains("\u{FFFD}") }
    case .goodbye(let goodbye):
        !goodbye.ssrcs.isEmpty && goodbye.reason?.unicodeScalars.contains("\u{FFFD}") != true
    case .receiverEstimate(let estimate): estimate.bitrate != .max
    default: true
    }
}
