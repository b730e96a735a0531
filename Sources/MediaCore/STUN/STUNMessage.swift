/// A STUN message, parsed once. It keeps values and offsets, not the bytes: hand the same bytes to its methods.
///
/// Nothing in it is authentic before `verifyIntegrity` has said so.
///
/// Source: RFC 8489, sections 5 and 14; RFC 8445, section 7.1.
package struct STUNMessage: Hashable, Sendable {
    /// What a message is to its transaction.
    package enum Class: UInt8, Sendable {
        case request, indication, successResponse, errorResponse
    }

    /// The role the sender claims, with its tie-breaker.
    package enum Role: Hashable, Sendable {
        case controlling(UInt64)
        case controlled(UInt64)
    }

    static let headerByteCount = 20
    static let magicCookie: UInt32 = 0x2112_A442
    /// The one method of ICE.
    static let bindingMethod: UInt16 = 1
    /// Two username fragments of 256 characters and a colon. Source: RFC 8839, section 5.4.
    static let maximumUsernameByteCount = 513
    /// How many unknown attribute types are remembered: enough to tell the peer, too few to cost anything.
    static let maximumUnknownAttributes = 8

    package internal(set) var messageClass: Class
    package internal(set) var method: UInt16
    package internal(set) var transactionID: STUNTransactionID
    /// PRIORITY: of the candidate that the sender's address would be.
    package internal(set) var priority: UInt32?
    /// Whether USE-CANDIDATE is there.
    package internal(set) var useCandidate = false
    /// ICE-CONTROLLING or ICE-CONTROLLED.
    package internal(set) var role: Role?
    /// XOR-MAPPED-ADDRESS, decoded.
    package internal(set) var mappedAddress: TransportAddress?
    /// ERROR-CODE, 300 to 699.
    package internal(set) var errorCode: UInt16?
    /// Attributes that must be understood and are not; the first few.
    package internal(set) var unknownAttributes: [UInt16] = []

    var usernameRange: Range<Int>?
    /// Where the MESSAGE-INTEGRITY attribute starts.
    var integrityOffset: Int?
    /// Where the FINGERPRINT attribute starts.
    var fingerprintOffset: Int?

    /// Parses one whole datagram: strict about sizes and bounds, and refusing what follows FINGERPRINT. Attributes after
    /// MESSAGE-INTEGRITY are not protected by it and therefore ignored. Source: RFC 8489, section 14.5.
    package static func parse(_ bytes: RawSpan) throws(STUNError) -> STUNMessage {
        let type: UInt16
        let length: UInt16
        let transactionID: STUNTransactionID
        do throws(WireError) {
            type = try bytes.uint16(at: 0)
            length = try bytes.uint16(at: 2)
            guard type & 0xC000 == 0, try bytes.uint32(at: 4) == magicCookie else { throw .truncated }
            transactionID = STUNTransactionID(high: try bytes.uint32(at: 8), low: try bytes.uint64(at: 12))
        } catch {
            throw .notSTUN
        }
        guard Int(length) == bytes.byteCount - headerByteCount, length & 3 == 0 else { throw .length }
        var message = STUNMessage(type: type, transactionID: transactionID)
        do throws(WireError) {
            try message.readAttributes(bytes)
        } catch {
            throw .attribute
        }
        return message
    }

    private init(type: UInt16, transactionID: STUNTransactionID) {
        // The class's two bits lie scattered among the method's twelve. Source: RFC 8489, section 5.
        messageClass =
            switch type & 0x0110 {
            case 0x0000: .request
            case 0x0010: .indication
            case 0x0100: .successResponse
            default: .errorResponse
            }
        method = type & 0x000F | (type >> 1) & 0x0070 | (type >> 2) & 0x0F80
        self.transactionID = transactionID
    }
}
