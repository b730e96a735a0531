/// One record of a received datagram, its layout checked but nothing authenticated.
///
/// Source: RFC 6347, section 4.1.
struct DTLSRecord: ~Escapable {
    enum ContentType: UInt8 {
        case changeCipherSpec = 20
        case alert = 21
        case handshake = 22
        case applicationData = 23
    }

    /// A handshake message's type. Source: RFC 5246, section 7.4; RFC 6347, section 4.3.2.
    enum HandshakeType: UInt8 {
        case clientHello = 1
        case serverHello = 2
        case helloVerifyRequest = 3
        case certificate = 11
        case serverKeyExchange = 12
        case certificateRequest = 13
        case serverHelloDone = 14
        case certificateVerify = 15
        case clientKeyExchange = 16
    }

    static let headerSize = 13
    /// Longest ciphertext a record may hold. Source: RFC 5246, section 6.2.3.
    private static let maximumPayload = 1 << 14 + 2048
    /// Room for a chain of several RSA certificates; OpenSSL reserves as much as a fragment promises.
    static let maximumMessage = 8192
    /// No full handshake has more messages on a side, so with `maximumMessage` reassembly takes at most 64 KiB.
    private static let maximumMessages: UInt16 = 8

    let type: ContentType
    let epoch: UInt16
    /// Header and payload.
    let bytes: RawSpan
    let payload: RawSpan

    /// Reads the record at the reader's place. Throws when there is none that is well-formed.
    @_lifetime(copy reader)
    init(_ reader: inout WireReader) throws(WireError) {
        let header = reader.offset
        guard let type = ContentType(rawValue: try reader.readUInt8()) else { throw .truncated }
        let version = try reader.readUInt16()
        epoch = try reader.readUInt16()
        // Before a version is agreed on, records may carry DTLS 1.0's number. There never was one between the two.
        guard version == 0xFEFD || (version == 0xFEFF && epoch == 0) else { throw .truncated }
        try reader.skip(6)
        let count = Int(try reader.readUInt16())
        guard count > 0, count <= Self.maximumPayload else { throw .truncated }
        payload = try reader.read(count)
        bytes = try reader.bytes.slice(at: header, count: Self.headerSize + count)
        self.type = type
    }

    /// Whether this is the one form a ChangeCipherSpec has.
    var isChangeCipherSpec: Bool {
        guard type == .changeCipherSpec, payload.byteCount == 1, let value = try? payload.uint8(at: 0) else {
            return false
        }
        return value == 1
    }

    /// Whether a plaintext handshake record starts with a ClientHello.
    var startsWithClientHello: Bool {
        guard let type = try? payload.uint8(at: 0) else { return false }
        return type == HandshakeType.clientHello.rawValue
    }

    /// Whether every fragment in a plaintext handshake record is one that a peer of `role` could send.
    ///
    /// OpenSSL takes an impossible fragment for a fatal error, so it must not see one: whoever can send a datagram
    /// could end the handshake with it.
    func holdsHandshakeFragments(from role: DTLSRole) -> Bool {
        do throws(WireError) {
            var reader = WireReader(payload)
            repeat {
                let type = HandshakeType(rawValue: try reader.readUInt8())
                let length = Int(try reader.readUInt24())
                let sequence = try reader.readUInt16()
                let offset = Int(try reader.readUInt24())
                let count = Int(try reader.readUInt24())
                try reader.skip(count)
                guard let type, length <= Self.maximumMessage, sequence < Self.maximumMessages else { return false }
                guard offset + count <= length, count > 0 || length == 0 else { return false }
                guard Self.isPlausible(type, sequence: sequence, from: role) else { return false }
            } while reader.remaining > 0
            return true
        } catch {
            return false
        }
    }

    private static func isPlausible(_ type: HandshakeType, sequence: UInt16, from role: DTLSRole) -> Bool {
        switch (role, type) {
        // We ask for no cookie, so a client has only one hello. One with another number is not its.
        case (.client, .clientHello): sequence == 0
        case (.client, .certificate), (.client, .clientKeyExchange), (.client, .certificateVerify): sequence > 0
        case (.server, .serverHello), (.server, .helloVerifyRequest): sequence <= 1
        case (.server, .certificate), (.server, .serverKeyExchange), (.server, .certificateRequest),
            (.server, .serverHelloDone):
            sequence > 0
        default: false
        }
    }
}
