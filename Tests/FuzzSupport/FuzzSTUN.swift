import MediaCore

/// Any bytes: parsed as STUN, and what was understood built anew, signed and parsed again.
package func fuzzSTUN(_ bytes: RawSpan) throws(FuzzFailure) {
    guard let message = try? STUNMessage.parse(bytes) else { return }
    let key = STUNIntegrityKey(password: "VOkJxbRl1RmTxUk/WvJxBt")
    try require(message == (try? STUNMessage.parse(bytes)), "the same bytes parse differently")
    let hasFingerprint = message.verifyFingerprint(in: bytes)
    let isAuthentic = message.verifyIntegrity(in: bytes, key: key)
    try require(!(isAuthentic && bytes.byteCount < 44), "a code verifies that has no room")
    let names = message.usernameFragments(in: bytes)
    if let names {
        try require(
            (1...256).contains(names.receiver.utf8.count) && (1...256).contains(names.sender.utf8.count),
            "a username fragment of a wrong length")
    }

    var builder = STUNBuilder()
    builder.begin(message.messageClass, message.transactionID)
    if let names { builder.append(username: Array("\(names.receiver):\(names.sender)".utf8)) }
    if let priority = message.priority { builder.append(priority: priority) }
    if message.useCandidate { builder.appendUseCandidate() }
    if let role = message.role { builder.append(role: role) }
    if let address = message.mappedAddress {
        builder.append(mappedAddress: address, transactionID: message.transactionID)
    }
    if let code = message.errorCode { builder.append(errorCode: code) }
    builder.append(unknownAttributes: message.unknownAttributes)
    try require(builder.finish(key: key), "the builder can't sign")

    let rebuilt: STUNMessage
    do throws(STUNError) {
        rebuilt = try STUNMessage.parse(builder.bytes.span.bytes)
    } catch {
        throw FuzzFailure(description: "what the builder made does not parse: \(error)")
    }
    try require(
        rebuilt.messageClass == message.messageClass && rebuilt.transactionID == message.transactionID
            && rebuilt.priority == message.priority && rebuilt.useCandidate == message.useCandidate
            && rebuilt.role == message.role && rebuilt.mappedAddress == message.mappedAddress
            && rebuilt.errorCode == message.errorCode,
        "the rebuilt message differs: \(rebuilt)")
    let rebuiltNames = rebuilt.usernameFragments(in: builder.bytes.span.bytes)
    try require(
        rebuiltNames?.receiver == names?.receiver && rebuiltNames?.sender == names?.sender, "the username differs")
    try require(
        rebuilt.verifyFingerprint(in: builder.bytes.span.bytes)
            && rebuilt.verifyIntegrity(in: builder.bytes.span.bytes, key: key),
        "the rebuilt message does not verify")

    // Any one bit of an authentic message that is flipped is noticed, or makes it something else.
    guard isAuthentic, hasFingerprint else { return }
    var damaged = bytes.array
    damaged[damaged.count - 9] ^= 1
    guard let other = try? STUNMessage.parse(damaged.span.bytes) else { return }
    try require(
        !other.verifyFingerprint(in: damaged.span.bytes) || !other.verifyIntegrity(in: damaged.span.bytes, key: key),
        "damage goes unnoticed")
}
