/// One layer's frame before it is encoded: what it refers to and where it will be kept.
struct PlannedFrame {
    var spatialLayer: Int
    var temporalLayer: Int
    /// Its place among the frames of all layers, from 0.
    var number: Int
    /// Its picture's place among the pictures, from 0.
    var picture: Int
    /// Whether its picture refers to no earlier one.
    var isKeyPicture: Bool
    /// Slots of earlier frames of the same spatial layer.
    var referenceSlots: [Int] = []
    /// The slot of the next lower spatial layer's frame of the same picture.
    var lowerSlot: Int?
    var refreshedSlots: UInt32 = 0
    /// The numbers of the frames in the slots above.
    var references: [Int] = []
    var lower: Int?
    /// The pictures of `references`.
    var referencePictures: [Int] = []
    /// Whether it refers to nothing but the lowest temporal layer.
    var isSynchronized = false
    /// Whether no temporal layer above its own will refer past it to such a layer.
    var isSwitchingPoint = true

    /// All it needs.
    var allReferences: [Int] { references + (lower.map { [$0] } ?? []) }
}
