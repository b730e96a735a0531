import CMediaIO
import MediaCore

/// The addresses a worker announces.
enum HostAddresses {
    /// An interface's name with one of its addresses.
    struct InterfaceAddress {
        var interface: String
        var address: TransportAddress
    }

    /// The address to bind.
    static func bindAddress(_ text: String) throws(MediaIOError) -> TransportAddress {
        guard let address = TransportAddress(text, port: 0) else {
            throw .invalidBindAddress(text, reason: "is not an IPv4 or IPv6 address literal")
        }
        guard isReachable(address) else {
            throw .invalidBindAddress(
                text, reason: "is unspecified, multicast or link-local: leave it out to listen on every address")
        }
        return address
    }

    /// The candidates to announce: the configured addresses when there are any, else the one that is bound, else those
    /// of the interfaces.
    static func candidates(
        interface: String?, announced: [String], bound: TransportAddress?, port: UInt16, hasIPv4: Bool, hasIPv6: Bool
    ) throws(MediaIOError) -> [ICECandidate] {
        // A name that no interface has is a mistake even where it would have no effect.
        let interfaces = interface != nil || (announced.isEmpty && bound == nil) ? try list(named: interface) : []
        var addresses: [TransportAddress]
        if !announced.isEmpty {
            addresses = try parse(announced, port: port)
        } else if let bound, interface == nil {
            addresses = [TransportAddress(high: bound.high, low: bound.low, port: port)]
        } else {
            addresses = usable(interfaces, named: interface, bound: bound, port: port)
        }
        func isServed(_ address: TransportAddress) -> Bool { address.isIPv4 ? hasIPv4 : hasIPv6 }
        if let text = zip(announced, addresses).first(where: { !isServed($0.1) })?.0 {
            let reason = bound == nil ? "this host has no IPv6" : "bindAddress is of the other family"
            throw .invalidAddress(text, reason: "can't be announced: \(reason)")
        }
        addresses.removeAll { !isServed($0) }
        guard !addresses.isEmpty else { throw .noAddress(noAddressText(interface, bound: bound)) }
        var seen: Set<TransportAddress> = []
        let unique = addresses.filter { seen.insert($0).inserted }
        return unique.enumerated().map { index, address in
            // Two candidates share a foundation only when they share their base, which no two of these do.
            // Source: RFC 8445, section 5.1.1.3.
            ICECandidate(
                host: address, localPreference: .max - UInt16(clamping: index), foundation: String(index + 1))
        }
    }

    private static func noAddressText(_ interface: String?, bound: TransportAddress?) -> String {
        guard let interface else { return "no interface has an address that can be announced" }
        if let bound { return "interface: \"\(interface)\" is down or lacks the address \(bound.addressText)" }
        return "interface: \"\(interface)\" is down or has no address that can be announced"
    }

    private static func parse(_ announced: [String], port: UInt16) throws(MediaIOError) -> [TransportAddress] {
        var addresses: [TransportAddress] = []
        for text in announced {
            guard let address = TransportAddress(text, port: port) else {
                throw .invalidAddress(text, reason: "is not an IPv4 or IPv6 address literal")
            }
            guard isReachable(address) else {
                throw .invalidAddress(text, reason: "is unspecified, multicast or link-local: nobody can reach it")
            }
            addresses.append(address)
        }
        return addresses
    }

    private static func isReachable(_ address: TransportAddress) -> Bool {
        !address.isUnspecified && !address.isMulticast && !address.isLinkLocal
    }

    private static func usable(
        _ interfaces: [sluice_interface], named name: String?, bound: TransportAddress?, port: UInt16
    ) -> [TransportAddress] {
        let usable = interfaces.compactMap { entry -> TransportAddress? in
            guard entry.has_address, entry.is_up, name == nil || self.name(of: entry) == name else { return nil }
            let address = TransportAddress(high: entry.address.high, low: entry.address.low, port: port)
            if let bound, bound.high != address.high || bound.low != address.low { return nil }
            return isReachable(address) ? address : nil
        }
        // Loopback is of use to peers on this host only: announced when asked for, or when there is nothing else.
        let reachable = usable.filter { !$0.isLoopback }
        return reachable.isEmpty ? usable : reachable
    }

    /// Every interface; throws when `name` is given and none of them has it.
    private static func list(named name: String?) throws(MediaIOError) -> [sluice_interface] {
        let entries = try list()
        if let name, !entries.contains(where: { self.name(of: $0) == name }) {
            var names: [String] = []
            for entry in entries where !names.contains(self.name(of: entry)) { names.append(self.name(of: entry)) }
            throw .unknownInterface(name, available: names)
        }
        return entries
    }

    private static func list() throws(MediaIOError) -> [sluice_interface] {
        var entries: [sluice_interface] = []
        while true {
            let count = sluice_interfaces(&entries, Int32(clamping: entries.count))
            guard count >= 0 else { throw .system("listing the interfaces", result: count) }
            if Int(count) <= entries.count { return Array(entries.prefix(Int(count))) }
            entries = Array(repeating: sluice_interface(), count: Int(count))
        }
    }

    private static func name(of entry: sluice_interface) -> String {
        withUnsafeBytes(of: entry.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
