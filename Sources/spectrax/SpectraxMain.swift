private import ArgumentParser
private import Commands

@main
enum SpectraxMain {
    static func main() async {
        await Spectrax.main()
    }
}
