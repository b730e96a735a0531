/// The datagrams of one flight, side by side.
struct DTLSFlight {
    /// More than any flight of ours; what OpenSSL writes beyond it is refused.
    private static let maximumByteCount = 32 << 10

    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    var isEmpty: Bool { ends.isEmpty }

    /// Adds a datagram; false when the flight is full.
    mutating func append(_ datagram: UnsafeRawBufferPointer) -> Bool {
        guard !datagram.isEmpty, datagram.count <= Self.maximumByteCount - bytes.count else { return false }
        bytes.append(contentsOf: datagram)
        ends.append(bytes.count)
        return true
    }

    /// A plaintext alert, handshake_failure, for what OpenSSL would let pass. Source: RFC 5246, section 7.2.
    static var handshakeFailure: DTLSFlight {
        var flight = DTLSFlight()
        flight.bytes = [DTLSRecord.ContentType.alert.rawValue, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40]
        flight.ends = [flight.bytes.count]
        return flight
    }

    /// Sends the flight, its plaintext records under fresh sequence numbers.
    ///
    /// A byte-identical copy would not do: a receiver that took a ChangeCipherSpec too early has dropped it and
    /// remembers its record, so it would discard every copy as a replay. Source: RFC 6347, sections 4.1.2.6 and 4.2.2.
    /// The one encrypted record, Finished, has its number under its protection and stays as it is; it is only ever
    /// accepted in its place.
    mutating func send(nextSequence: inout UInt64, to path: NetworkPath, transmit: inout TransmitArena) {
        renumber(&nextSequence)
        var start = 0
        for end in ends {
            transmit.append(bytes.span.bytes.extracting(start..<end), to: path)
            start = end
        }
    }

    private mutating func renumber(_ nextSequence: inout UInt64) {
        var offset = 0
        while offset + DTLSRecord.headerSize <= bytes.count {
            if bytes[offset + 3] == 0, bytes[offset + 4] == 0 {
                for index in 0..<6 {
                    bytes[offset + 5 + index] = UInt8(truncatingIfNeeded: nextSequence >> UInt64(40 - 8 * index))
                }
                nextSequence &+= 1
            }
            offset += DTLSRecord.headerSize + Int(bytes[offset + 11]) << 8 + Int(bytes[offset + 12])
        }
    }
}
