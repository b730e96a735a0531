import CCodecs

/// The pictures that are encoded, in every size. They move forth and back again.
struct Clip: Sendable {
    static let frameRate = 20
    /// From the highest layer to the lowest, each half of the one before.
    static let sizes = [(width: 640, height: 360), (width: 320, height: 180), (width: 160, height: 90)]

    private let drawn: [[[UInt8]]]

    init(frames: Int) {
        drawn = (0..<min(frames, 100)).map(Self.draw)
    }

    /// The pictures of one instant, the largest first.
    func pictures(_ number: Int) -> [[UInt8]] {
        let place = number % (2 * drawn.count)
        return drawn[place < drawn.count ? place : 2 * drawn.count - 1 - place]
    }

    private static func draw(_ number: Int) -> [[UInt8]] {
        var pictures: [[UInt8]] = []
        for (index, size) in sizes.enumerated() {
            var picture = [UInt8](repeating: 0, count: size.width * size.height * 3 / 2)
            if index == 0 {
                codecs_draw(&picture, Int32(size.width), Int32(size.height), Int32(number))
            } else {
                let larger = sizes[index - 1]
                codecs_halve(pictures[index - 1], Int32(larger.width), Int32(larger.height), &picture)
            }
            pictures.append(picture)
        }
        return pictures
    }
}
