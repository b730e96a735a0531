/// Extends picture and frame numbers of 7, 15 or 16 bits to 64 by taking the shorter way from the highest one seen.
///
/// The first number starts a range with room below it, so that earlier ones that arrive later stay above 0.
struct PictureNumberUnwrapper: Sendable {
    private static let origin: Int64 = 1 << 16

    /// The highest extended number seen; nil before the first.
    private(set) var highest: Int64?

    /// Remembers an extended number when it is the highest.
    mutating func accept(_ extended: Int64) {
        highest = max(highest ?? extended, extended)
    }

    /// The extended number, without remembering it. The width may change from one to the next.
    func extended(_ number: UInt16, bits: Int) -> Int64 {
        guard let highest else { return Self.origin + Int64(number) }
        let range = Int64(1) << Int64(bits)
        let ahead = (Int64(number) &- highest) & (range - 1)
        return ahead < range / 2 ? highest &+ ahead : highest &+ ahead &- range
    }
}
