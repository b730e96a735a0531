extension STUNMessage {
    /// Reads what follows the header. Every failure, a value of the wrong size included, is `.truncated`.
    mutating func readAttributes(_ bytes: RawSpan) throws(WireError) {
        var reader = WireReader(bytes)
        try reader.skip(Self.headerByteCount)
        // Set by MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256.
        var isProtectedPartOver = false
        while reader.remaining > 0 {
            guard fingerprintOffset == nil else { throw .truncated }
            let offset = reader.offset
            let type = try reader.readUInt16()
            let count = Int(try reader.readUInt16())
            let value = try reader.read(count)
            try reader.skip(-count & 3)
            switch type {
            case STUNAttributeType.fingerprint:
                guard count == 4 else { throw .truncated }
                fingerprintOffset = offset
            case _ where isProtectedPartOver:
                break
            case STUNAttributeType.messageIntegrity:
                guard count == STUNIntegrityKey.codeByteCount else { throw .truncated }
                integrityOffset = offset
                isProtectedPartOver = true
            case STUNAttributeType.messageIntegritySHA256:
                isProtectedPartOver = true
            default:
                try read(type, value, at: offset + 4)
            }
        }
    }

    /// Of an attribute that occurs twice, the first counts. Source: RFC 8489, section 14.
    private mutating func read(_ type: UInt16, _ value: RawSpan, at offset: Int) throws(WireError) {
        switch type {
        case STUNAttributeType.username:
            guard value.byteCount <= Self.maximumUsernameByteCount else { throw .truncated }
            usernameRange = usernameRange ?? offset..<(offset + value.byteCount)
        case STUNAttributeType.priority:
            let number = try value.uint32(at: 0)
            guard value.byteCount == 4 else { throw .truncated }
            priority = priority ?? number
        case STUNAttributeType.useCandidate:
            guard value.byteCount == 0 else { throw .truncated }
            useCandidate = true
        case STUNAttributeType.iceControlling, STUNAttributeType.iceControlled:
            let tieBreaker = try value.uint64(at: 0)
            // Both roles at once, or one twice, is nobody's message.
            guard value.byteCount == 8, role == nil else { throw .truncated }
            role = type == STUNAttributeType.iceControlling ? .controlling(tieBreaker) : .controlled(tieBreaker)
        case STUNAttributeType.xorMappedAddress:
            let address = try xorAddress(value)
            mappedAddress = mappedAddress ?? address
        case STUNAttributeType.errorCode:
            let hundreds = UInt16(try value.uint8(at: 2) & 7)
            let rest = UInt16(try value.uint8(at: 3))
            guard (3...6).contains(hundreds), rest < 100 else { throw .truncated }
            errorCode = errorCode ?? (hundreds * 100 + rest)
        case STUNAttributeType.mappedAddress, STUNAttributeType.unknownAttributes, STUNAttributeType.realm,
            STUNAttributeType.nonce, STUNAttributeType.passwordAlgorithm, STUNAttributeType.userHash:
            break
        default:
            if type < 0x8000, unknownAttributes.count < Self.maximumUnknownAttributes {
                unknownAttributes.append(type)
            }
        }
    }

    /// Source: RFC 8489, section 14.2.
    private func xorAddress(_ value: RawSpan) throws(WireError) -> TransportAddress {
        let family = try value.uint8(at: 1)
        let port = try value.uint16(at: 2) ^ UInt16(Self.magicCookie >> 16)
        switch (family, value.byteCount) {
        case (1, 8):
            return TransportAddress(ipv4: try value.uint32(at: 4) ^ Self.magicCookie, port: port)
        case (2, 20):
            let high = try value.uint64(at: 4) ^ transactionID.addressMask.high
            return TransportAddress(
                high: high, low: try value.uint64(at: 12) ^ transactionID.addressMask.low, port: port)
        default:
            throw .truncated
        }
    }

    /// The two halves of USERNAME: the fragment of the message's receiver and that of its sender. Nil when it is absent
    /// or not two fragments of up to 256 visible ASCII characters. Source: RFC 8445, section 7.2.2.
    package func usernameFragments(in bytes: RawSpan) -> (receiver: String, sender: String)? {
        guard let usernameRange, usernameRange.upperBound <= bytes.byteCount else { return nil }
        return bytes.extracting(usernameRange).withUnsafeBytes { name in
            guard let colon = name.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let (receiver, sender) = (name[..<colon], name[(colon + 1)...])
            guard (1...256).contains(receiver.count), (1...256).contains(sender.count),
                name.allSatisfy({ (0x21...0x7E).contains($0) })
            else { return nil }
            return (String(decoding: receiver, as: UTF8.self), String(decoding: sender, as: UTF8.self))
        }
    }
}

extension STUNTransactionID {
    /// What an IPv6 address is exclusive-ored with: the magic cookie and the transaction id.
    var addressMask: (high: UInt64, low: UInt64) {
        (UInt64(STUNMessage.magicCookie) << 32 | UInt64(high), low)
    }
}
