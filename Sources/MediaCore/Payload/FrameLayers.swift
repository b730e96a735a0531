/// What one packet tells of its frame: its place among its stream's layers, where a watcher may begin with a layer, and
/// the numbers that have to stay consecutive when frames are left out.
///
/// Decode targets are what a watcher can choose among, bit by bit: see `DecodeTargets`.
package struct FrameLayers: Equatable, Sendable {
    package struct Flags: OptionSet, Sendable {
        package var rawValue: UInt16

        package init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// The first packet of its frame (with spatial layers, of its layer's frame).
        package static let frameStart = Flags(rawValue: 1)
        /// The last packet of its frame (with spatial layers, of its layer's frame).
        package static let frameEnd = Flags(rawValue: 2)
        /// A packet of a picture that refers to nothing before it, whichever spatial layer it belongs to.
        package static let keyframe = Flags(rawValue: 4)
        /// The first packet of such a picture: decoding may begin here.
        package static let keyframeStart = Flags(rawValue: 8)
        /// It carries a dependency descriptor, which the other values come from.
        package static let described = Flags(rawValue: 32)
        /// Its dependency descriptor refers to templates that have not come yet: nothing is known of its layer.
        package static let unresolved = Flags(rawValue: 64)
        /// `pictureNumber` has 15 bits on the wire, else 7.
        package static let longPictureNumber = Flags(rawValue: 128)
        /// Its dependency descriptor has a bitmask of active decode targets of its own.
        package static let ownActiveMask = Flags(rawValue: 256)
        /// It carries the parameter sets that decoding begins with. Source: RFC 6184; RFC 7798.
        package static let parameterSets = Flags(rawValue: 512)
    }

    package var flags: Flags = []
    package var spatialLayer: UInt8 = 0
    package var temporalLayer: UInt8 = 0
    /// Which layout of decode targets the masks are about: `DecodeTargets.version` of the stream when it was read.
    package var targetsVersion: UInt16 = 0
    /// The temporal layer of a target's own spatial layer that must have been forwarded without a gap for `switchTo`
    /// to hold for the target.
    package var switchNeedsTemporal: UInt8 = 0

    /// Decode targets that the frame is part of. All, for streams without layers.
    package var presentIn: UInt32 = .max
    /// Decode targets that a watcher can change over to at this frame, provided that it has what they build on.
    package var switchTo: UInt32 = 0
    /// Decode targets that begin anew at this frame: nothing before it is needed.
    package var restarts: UInt32 = 0
    /// Decode targets that the publisher sends at present, by its dependency descriptor.
    package var activeTargets: UInt32 = .max

    /// The payload descriptor's picture id, without wraps; 0 when there is none.
    package var pictureNumber: Int64 = 0
    /// Where the picture id stands in the payload; 0 when there is none.
    package var pictureNumberOffset: UInt8 = 0
    /// Where TL0PICIDX stands in the payload; 0 when there is none.
    package var levelZeroOffset: UInt8 = 0
    /// TL0PICIDX. Source: RFC 7741, section 4.2.
    package var levelZeroIndex: UInt8 = 0

    /// The dependency descriptor's number of decode targets; 0 without templates.
    package var targetCount: UInt8 = 0
    /// The bit of the dependency descriptor at which the bitmask of active decode targets stands or would stand: behind
    /// the template structure. 0 when the descriptor has the mandatory fields only.
    package var activeMaskBit: UInt16 = 0
    /// The dependency descriptor's frame number, without wraps.
    package var frameNumber: Int64 = 0
}
