/// The size of a picture in pixels; zeros where it is not known.
struct FrameSize: Hashable, Sendable {
    var width: UInt16 = 0
    var height: UInt16 = 0

    init() {}

    init(width: UInt16, height: UInt16) {
        self.width = width
        self.height = height
    }

    /// Nil for what is no size.
    init?(width: Int, height: Int) {
        guard let width = UInt16(exactly: width), let height = UInt16(exactly: height), width > 0, height > 0 else {
            return nil
        }
        self.init(width: width, height: height)
    }
}
