/// What a section says of the streams it sends.
struct OfferedStreams: Equatable, Sendable {
    /// The encodings of simulcast that are taken: the first ones in the sender's order, which are its favourites.
    static let maximumEncodings = 4

    /// A layer of simulcast, or a stream with a restriction identifier.
    struct Restriction: Equatable, Sendable {
        /// The identifier.
        var rid: String
        /// Whether it starts paused. Source: RFC 8853, section 5.2.
        var isPaused: Bool
    }

    /// The streams that have a `rid`, in the order of `a=simulcast` where there is one.
    var restrictions: [Restriction] = []
    /// Whether an `a=simulcast` ordered them.
    var isSimulcast = false
    /// The streams known by SSRC, without those that repair others.
    var encodings: [RTPEncodingParameters] = []
    /// The sender's canonical name.
    var cname = ""
}

extension MediaDescription {
    /// The streams that the author of the section sends with payload type `payloadType`.
    func offeredStreams(payloadType: UInt8) -> OfferedStreams {
        var streams = OfferedStreams()
        readRestrictions(into: &streams, payloadType: payloadType)
        readSources(into: &streams)
        return streams
    }

    /// Source: RFC 8851, section 4; RFC 8853, section 5.
    private func readRestrictions(into streams: inout OfferedStreams, payloadType: UInt8) {
        var rids: [String] = []
        for line in lines.attributes("rid") {
            let words = line.words
            guard words.count >= 2, words[1] == "send", SDPText.isRestrictionIdentifier(words[0]) else { continue }
            let restrictions = FormatParameters(words.dropFirst(2).joined(separator: " "))
            if let allowed = restrictions["pt"], !allowed.split(separator: ",").contains("\(payloadType)") { continue }
            let rid = String(words[0])
            if !rids.contains(rid) { rids.append(rid) }
        }
        let words = lines.attribute("simulcast")?.words ?? []
        guard let send = words.firstIndex(of: "send"), send + 1 < words.count else {
            streams.restrictions = rids.prefix(OfferedStreams.maximumEncodings)
                .map { OfferedStreams.Restriction(rid: $0, isPaused: false) }
            return
        }
        for alternatives in words[send + 1].split(separator: ";") {
            guard streams.restrictions.count < OfferedStreams.maximumEncodings else { return }
            for alternative in alternatives.split(separator: ",") {
                let isPaused = alternative.hasPrefix("~")
                let rid = String(isPaused ? alternative.dropFirst() : alternative)
                // A rid stands in one place of the list only; the first alternative we can take is the one we take.
                guard rids.contains(rid), !streams.restrictions.contains(where: { $0.rid == rid }) else { continue }
                streams.restrictions.append(OfferedStreams.Restriction(rid: rid, isPaused: isPaused))
                streams.isSimulcast = true
                break
            }
        }
    }

    /// Source: RFC 5576, section 4.
    private func readSources(into streams: inout OfferedStreams) {
        var sources: [UInt32] = []
        var seen: Set<UInt32> = []
        for line in lines.attributes("ssrc") {
            let words = line.words
            guard let first = words.first, let ssrc: UInt32 = SDPText.decimal(first), ssrc != 0 else { continue }
            if seen.insert(ssrc).inserted { sources.append(ssrc) }
            if streams.cname.isEmpty, words.count > 1, words[1].hasPrefix("cname:") {
                let cname = words[1].dropFirst("cname:".count)
                if cname.utf8.count <= 255, SDPText.isVisible(cname) { streams.cname = String(cname) }
            }
        }
        var retransmissions: [UInt32: UInt32] = [:]
        var repairing: Set<UInt32> = []
        var simulcast: [UInt32] = []
        for line in lines.attributes("ssrc-group") {
            let words = line.words
            let members = words.dropFirst().compactMap { SDPText.decimal($0) as UInt32? }
            guard let semantics = words.first, let first = members.first else { continue }
            switch semantics {
            case "FID" where members.count == 2:
                retransmissions[first] = members[1]
                repairing.insert(members[1])
            case "FEC-FR", "FEC":
                repairing.formUnion(members.dropFirst())
            case "SIM" where simulcast.isEmpty:
                for member in members where seen.contains(member) && !simulcast.contains(member) {
                    simulcast.append(member)
                }
            default:
                continue
            }
        }
        let primary = sources.filter { !repairing.contains($0) }
        simulcast.removeAll { repairing.contains($0) }
        let chosen = simulcast.isEmpty ? primary.prefix(1) : simulcast.prefix(OfferedStreams.maximumEncodings)
        streams.encodings = chosen.map { ssrc in
            RTPEncodingParameters(ssrc: ssrc, retransmissionSSRC: retransmissions[ssrc])
        }
    }
}
