import CCodecs

/// The pictures that are encoded, in every size. They move forth and back again.
final class Clip {
    static let frameRate = 30
    /// From the highest layer to the lowest, each half of the one before.
    static let sizes = [(width: 640, height: 360), (width: 320, height: 180), (width: 160, height: 90)]
    private static let length = 100

    private var drawn: [Int: [[UInt8]]] = [:]

    /// The pictures of one instant, the largest first.
    func pictures(_ number: Int) -> [[UInt8]] {
        let place = number % (2 * Self.length)
        let distance = place < Self.length ? place : 2 * Self.length - 1 - place
        if let known = drawn[distance] { return known }
        var pictures: [[UInt8]] = []
        for (index, size) in Self.sizes.enumerated() {
            var picture = [UInt8](repeating: 0, count: size.width * size.height * 3 / 2)
            if index == 0 {
                codecs_draw(&picture, Int32(size.width), Int32(size.height), Int32(distance))
            } else {
                let larger = Self.sizes[index - 1]
                codecs_halve(pictures[index - 1], Int32(larger.width), Int32(larger.height), &picture)
            }
            pictures.append(picture)
        }
        drawn[distance] = pictures
        return pictures
    }
}
