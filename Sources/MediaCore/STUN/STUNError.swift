/// Why bytes are not a STUN message that may be used.
package enum STUNError: Error {
    /// Shorter than a header, or without the two zero bits and the magic cookie.
    case notSTUN
    /// The length field is not the datagram's size less the header, or not a multiple of four.
    case length
    /// An attribute leaves the message, its value has the wrong size or content, or something follows FINGERPRINT.
    case attribute
}
