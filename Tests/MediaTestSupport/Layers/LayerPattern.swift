/// What the pictures of a layered stream refer to, by their distance from the last keyframe.
struct LayerPattern: Sendable {
    /// A frame: one spatial layer of one picture.
    struct Place: Hashable, Sendable {
        /// Pictures since the keyframe, which is 0.
        var picture: Int
        var spatial: Int
    }

    let spatialLayers: Int
    let temporalLayers: Int
    let predictsLayersInKeyframesOnly: Bool
    let isEntangled: Bool

    init(_ mode: LayeredMode) {
        spatialLayers = mode.spatialLayers
        temporalLayers = mode.temporalLayers
        predictsLayersInKeyframesOnly = mode.predictsLayersInKeyframesOnly
        isEntangled = mode.isEntangled
    }

    /// After how many pictures the pattern repeats.
    var period: Int {
        switch temporalLayers {
        case 1: 1
        case 2: isEntangled ? 4 : 2
        default: isEntangled ? 8 : 4
        }
    }

    /// 0; 0 1; 0 2 1 2.
    func temporalLayer(_ picture: Int) -> Int {
        switch temporalLayers {
        case 1: 0
        case 2: picture % 2
        default: [0, 2, 1, 2][picture % 4]
        }
    }

    /// How many pictures back those lie that a picture refers to in its own spatial layer.
    ///
    /// The entangled pattern is that of libvpx, but for its sixth picture: that one is a sync picture of layer 2 amid
    /// a layer 1 that is not. A change to layer 2 there breaks at the next picture of layer 1.
    func temporalReferences(_ picture: Int) -> [Int] {
        guard picture > 0 else { return [] }
        switch (temporalLayers, isEntangled) {
        case (1, _): return [1]
        case (2, false): return [[2], [1]][picture % 2]
        case (2, true): return [[2], [1], [2], [1, 2]][picture % 4]
        case (_, false): return [[4], [1], [2], [1]][picture % 4]
        default: return [[4], [1], [2], [1, 3], [4], [1], [2, 4], [1, 3]][picture % 8]
        }
    }

    /// The frames that a frame refers to.
    func references(_ place: Place) -> [Place] {
        var places = temporalReferences(place.picture).map {
            Place(picture: place.picture - $0, spatial: place.spatial)
        }
        if place.spatial > 0, place.picture == 0 || !predictsLayersInKeyframesOnly {
            places.append(Place(picture: place.picture, spatial: place.spatial - 1))
        }
        return places
    }

    /// Whether who watches these layers needs the frame.
    func isPresent(_ place: Place, spatial: Int, temporal: Int) -> Bool {
        guard temporalLayer(place.picture) <= temporal, place.spatial <= spatial else { return false }
        return place.spatial == spatial || place.picture == 0 || !predictsLayersInKeyframesOnly
    }

    /// Whether who can decode this frame can decode all later ones of the layers: the definition of a switching point,
    /// looked up in the pattern itself.
    func isSwitch(_ place: Place, spatial: Int, temporal: Int) -> Bool {
        var known: Set<Place> = [place]
        var open = [place]
        while let next = open.popLast() {
            for reference in references(next) where known.insert(reference).inserted { open.append(reference) }
        }
        for picture in place.picture...place.picture + 2 * period {
            for layer in 0..<spatialLayers {
                let later = Place(picture: picture, spatial: layer)
                guard picture > place.picture || layer > place.spatial,
                    isPresent(later, spatial: spatial, temporal: temporal)
                else { continue }
                guard references(later).allSatisfy(known.contains) else { return false }
                known.insert(later)
            }
        }
        return true
    }

    /// Whether a later frame of the layers refers to this one.
    func isReferred(_ place: Place, spatial: Int, temporal: Int) -> Bool {
        for picture in place.picture...place.picture + period {
            for layer in 0..<spatialLayers {
                let later = Place(picture: picture, spatial: layer)
                if isPresent(later, spatial: spatial, temporal: temporal), references(later).contains(place) {
                    return true
                }
            }
        }
        return false
    }

    /// VP9's U bit: no later picture of a higher temporal layer refers to one before this of a layer above this one's.
    func isSwitchingUpPoint(_ picture: Int) -> Bool {
        let layer = temporalLayer(picture)
        return (picture + 1...picture + 2 * period).allSatisfy { later in
            temporalLayer(later) <= layer
                || temporalReferences(later).allSatisfy {
                    later - $0 >= picture || temporalLayer(later - $0) <= layer
                }
        }
    }

    /// VP8's Y bit: the picture refers to the last picture of layer 0, and to nothing else.
    func isSync(_ picture: Int) -> Bool {
        temporalLayer(picture) > 0
            && temporalReferences(picture).allSatisfy {
                temporalLayer(picture - $0) == 0
                    && !(picture - $0 + 1..<picture).contains { temporalLayer($0) == 0 }
            }
    }
}
