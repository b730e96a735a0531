/// Builds STUN messages, one at a time, in memory it keeps.
///
/// `begin`, append attributes, `finish`, then take `bytes`.
package struct STUNBuilder: Sendable {
    /// The message.
    package private(set) var bytes: [UInt8] = []

    /// Creates a builder that holds nothing.
    package init() {}

    /// Starts a Binding message, forgetting the last one.
    package mutating func begin(_ messageClass: STUNMessage.Class, _ transactionID: STUNTransactionID) {
        let type: UInt16 =
            switch messageClass {
            case .request: 0x0001
            case .indication: 0x0011
            case .successResponse: 0x0101
            case .errorResponse: 0x0111
            }
        bytes.removeAll(keepingCapacity: true)
        bytes.append(bigEndian: type)
        bytes.append(bigEndian: UInt16(0))
        bytes.append(bigEndian: STUNMessage.magicCookie)
        bytes.append(bigEndian: transactionID.high)
        bytes.append(bigEndian: transactionID.low)
    }

    package mutating func append(username: [UInt8]) {
        appendHeader(STUNAttributeType.username, username.count)
        bytes.append(contentsOf: username)
        bytes.append(contentsOf: repeatElement(0, count: -username.count & 3))
    }

    package mutating func append(priority: UInt32) {
        appendHeader(STUNAttributeType.priority, 4)
        bytes.append(bigEndian: priority)
    }

    package mutating func appendUseCandidate() {
        appendHeader(STUNAttributeType.useCandidate, 0)
    }

    package mutating func append(role: STUNMessage.Role) {
        switch role {
        case .controlling(let tieBreaker):
            appendHeader(STUNAttributeType.iceControlling, 8)
            bytes.append(bigEndian: tieBreaker)
        case .controlled(let tieBreaker):
            appendHeader(STUNAttributeType.iceControlled, 8)
            bytes.append(bigEndian: tieBreaker)
        }
    }

    package mutating func append(mappedAddress address: TransportAddress, transactionID: STUNTransactionID) {
        appendHeader(STUNAttributeType.xorMappedAddress, address.isIPv4 ? 8 : 20)
        bytes.append(bigEndian: UInt16(address.isIPv4 ? 1 : 2))
        bytes.append(bigEndian: address.port ^ UInt16(STUNMessage.magicCookie >> 16))
        if address.isIPv4 {
            bytes.append(bigEndian: address.ipv4 ^ STUNMessage.magicCookie)
        } else {
            bytes.append(bigEndian: address.high ^ transactionID.addressMask.high)
            bytes.append(bigEndian: address.low ^ transactionID.addressMask.low)
        }
    }

    /// ERROR-CODE with an empty reason: the number says it, and an answer must not outgrow its question.
    package mutating func append(errorCode: UInt16) {
        appendHeader(STUNAttributeType.errorCode, 4)
        bytes.append(bigEndian: UInt16(0))
        bytes.append(bigEndian: (errorCode / 100) << 8 | errorCode % 100)
    }

    package mutating func append(unknownAttributes types: [UInt16]) {
        appendHeader(STUNAttributeType.unknownAttributes, types.count * 2)
        for type in types { bytes.append(bigEndian: type) }
        bytes.append(contentsOf: repeatElement(0, count: -(types.count * 2) & 3))
    }

    /// Signs the message and adds FINGERPRINT. Returns false, leaving nothing to send, when the key can't sign.
    package mutating func finish(key: borrowing STUNIntegrityKey) -> Bool {
        let integrityOffset = bytes.count
        guard let code = key.code(of: bytes.span.bytes, integrityOffset: integrityOffset) else {
            bytes.removeAll(keepingCapacity: true)
            return false
        }
        appendHeader(STUNAttributeType.messageIntegrity, STUNIntegrityKey.codeByteCount)
        bytes.append(code.span.bytes)
        // The length field counts FINGERPRINT before its value is computed. Source: RFC 8489, section 14.7.
        bytes.set(bigEndian: UInt16(bytes.count + 8 - STUNMessage.headerByteCount), at: 2)
        let fingerprint = STUNFingerprint.value(of: bytes.span.bytes)
        appendHeader(STUNAttributeType.fingerprint, 4)
        bytes.append(bigEndian: fingerprint)
        return true
    }

    /// An attribute's type and length; its value and padding are the caller's to append.
    mutating func appendHeader(_ type: UInt16, _ count: Int) {
        bytes.append(bigEndian: type)
        bytes.append(bigEndian: UInt16(truncatingIfNeeded: count))
    }
}
