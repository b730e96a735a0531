/// What forwarding and the bare encryption cost, in nanoseconds a packet.
struct Comparison: CustomStringConvertible {
    var engine: Double
    var bare: Double
    /// Not the quotient of the other two, where they are medians of many.
    var ratio: Double

    var description: String {
        "engine \(Int(engine.rounded())), bare encryption \(Int(bare.rounded())), ratio \((ratio * 100).rounded() / 100)"
    }
}
