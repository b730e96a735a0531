/// Why a transmitter or receiver could not be made.
enum SRTPError: Error, Equatable {
    /// The master key has not the length the profile asks for, in bytes.
    case keyLength(expected: Int, actual: Int)
    /// The master salt has not the length the profile asks for, in bytes.
    case saltLength(expected: Int, actual: Int)
    /// The range that `maximumSources` must lie in.
    case maximumSources(ClosedRange<Int>)
    /// libcrypto refused: out of memory, or an algorithm its configuration forbids.
    case cryptography
}
