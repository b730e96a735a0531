/// The eras before a consumer's current one, the latest first: late packets are judged by them.
///
/// They are kept apart from what every packet looks at.
struct PastLayerEras: ~Copyable {
    private let eras = FixedBuffer(repeating: LayerEra(), count: 4)
    private var count = 0

    mutating func removeAll() {
        count = 0
    }

    /// Remembers an era that has ended.
    mutating func append(_ era: LayerEra) {
        for index in (1..<4).reversed() { eras[index] = eras[index - 1] }
        eras[0] = era
        count = min(count + 1, 4)
    }

    /// For what a packet from before the current era is forwarded; nil when it is not.
    func era(of packet: StoredPacket, before current: LayerEra) -> LayerEra? {
        var index = 0
        while index < count, packet.extendedSequenceNumber < eras[index].since { index += 1 }
        guard index < count else { return nil }
        if eras[index].contains(packet.layers) { return eras[index] }
        while index > 0 {
            index -= 1
            if eras[index].needs(packet) { return eras[index] }
        }
        return current.needs(packet) ? current : nil
    }
}
