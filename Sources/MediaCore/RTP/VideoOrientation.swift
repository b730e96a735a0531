/// How a picture has to be turned to be shown upright. Source: 3GPP TS 26.114, section 7.4.5.
struct VideoOrientation: Hashable, Sendable {
    /// Whether the camera faces away from the screen.
    var isBackCamera: Bool
    /// Whether the picture is mirrored.
    var isFlipped: Bool
    /// Quarter turns, 0 to 3, that the receiver has to make clockwise.
    var quarterTurns: UInt8
}
