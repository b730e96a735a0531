/// Decides which layer each frame belongs to and what it refers to.
///
/// Temporal layers come as 0 2 1 2, 0 2 1 2. In the first half everything refers to the lowest layer or to what came
/// after it; in the second half the middle layer refers to its frame in the first half. So a watcher can change to more
/// temporal layers in one half only.
struct LayerPlanner {
    static let period = 8
    private static let pattern = [0, 2, 1, 2]

    let spatialLayers: Int
    let temporalLayers: Int
    let prediction: CodecMode.Prediction
    /// Where in the pattern the next picture stands; nil before the first keyframe.
    private var position: Int?
    private var nextNumber = 0
    private var nextPicture = 0
    /// Frame and picture in each slot.
    private var slots: [(number: Int, picture: Int, temporalLayer: Int)] = []

    init(spatialLayers: Int, temporalLayers: Int, prediction: CodecMode.Prediction) {
        self.spatialLayers = spatialLayers
        self.temporalLayers = temporalLayers
        self.prediction = prediction
    }

    /// The frames of the next picture, the lowest spatial layer first.
    mutating func next(keyframe: Bool) -> [PlannedFrame] {
        let isKey = keyframe || position == nil
        let place = isKey ? 0 : ((position ?? -1) + 1) % Self.period
        position = place
        let frames = (0..<spatialLayers).map { plan($0, place, isKey) }
        nextPicture += 1
        return frames
    }

    /// The temporal layer of the picture at a place in the pattern.
    func temporalLayer(at place: Int) -> Int {
        temporalLayers == 3 ? Self.pattern[place % 4] : 0
    }

    private mutating func plan(_ spatial: Int, _ place: Int, _ isKey: Bool) -> PlannedFrame {
        let temporal = temporalLayer(at: place)
        let (base, middle) = (spatial, spatialLayers + spatial)
        var frame = PlannedFrame(
            spatialLayer: spatial, temporalLayer: temporal, number: nextNumber, picture: nextPicture,
            isKeyPicture: isKey)
        nextNumber += 1
        if !isKey {
            frame.referenceSlots = [base]
            // First, where encoders look most: else some of them would not use it.
            if temporal > 0, place == 3 || place >= 5 { frame.referenceSlots.insert(middle, at: 0) }
            // The highest temporal layer is kept where there is room for it.
            if place == 3, spatialLayers == 1 { frame.referenceSlots.append(2) }
        }
        if isKey && spatial == 0 {
            frame.refreshedSlots = 0xFF
        } else if let slot = slot(spatial, temporal, place) {
            frame.refreshedSlots = 1 << slot
        }
        if spatial > 0, isKey || prediction == .full { frame.lowerSlot = slot(spatial - 1, temporal, place) }
        frame.references = frame.referenceSlots.map { slots[$0].number }
        frame.referencePictures = frame.referenceSlots.map { slots[$0].picture }
        frame.isSynchronized = frame.referenceSlots.allSatisfy { slots[$0].temporalLayer == 0 }
        frame.lower = frame.lowerSlot.map { slots[$0].number }
        frame.isSwitchingPoint = place != 4 || temporalLayers == 1
        if slots.isEmpty { slots = Array(repeating: (0, 0, 0), count: 8) }
        for slot in 0..<8 where frame.refreshedSlots >> UInt32(slot) & 1 == 1 {
            slots[slot] = (frame.number, frame.picture, temporal)
        }
        return frame
    }

    /// Where a frame is kept; nil for one that nothing refers to.
    private func slot(_ spatial: Int, _ temporal: Int, _ place: Int) -> Int? {
        switch temporal {
        case 0: spatial
        case 1: spatialLayers + spatial
        default:
            if spatialLayers == 1 {
                place == 1 ? 2 : nil
            } else {
                prediction == .full && spatial + 1 < spatialLayers ? 2 * spatialLayers + spatial : nil
            }
        }
    }
}
