"""Word lists that values are put together from; every list is written for this project."""


def pieces(text: str, between: str | None = None) -> tuple[str, ...]:
    """A list that is written as one text."""
    return tuple(text.split(between))


FIRST_NAMES = pieces(
    "Ada Amir Ana Anders Aisha Bianca Boris Carla Chen Clara Daniel Deepa Diego Elena Emil Fatima "
    "Felix Grace Hana Hugo Ines Ivan Jonas Julia Kaito Karin Lars Leila Liam Lucia Magnus Maria "
    "Mateo Mei Milan Nadia Nina Noah Olga Omar Oscar Paula Priya Rafael Rosa Ruth Samir Sara Sofia "
    "Stefan Tara Thomas Uma Victor Wanda Yara Yusuf Zoe"
)
LAST_NAMES = pieces(
    "Adams Almeida Bauer Bergstrom Costa Cruz Dahl Delgado Evans Fischer Fontana Garcia Haddad "
    "Hansen Ito Jansen Kapoor Keller Kowalski Larsen Lindqvist Lopez Mancini Meyer Moreau "
    "Nakamura Novak Okafor Olsen Park Patel Petrov Quinn Ramos Reyes Rossi Sato Schmidt Silva "
    "Singh Sorensen Tanaka Torres Ueda Vargas Vogel Weber Wong Yilmaz Zhang"
)
CAPITALS = tuple(
    tuple(pair.split(":"))
    for pair in pieces(
        "France:Paris|Germany:Berlin|Spain:Madrid|Italy:Rome|Portugal:Lisbon|Austria:Vienna|"
        "Hungary:Budapest|Poland:Warsaw|Greece:Athens|Norway:Oslo|Sweden:Stockholm|"
        "Denmark:Copenhagen|Finland:Helsinki|Ireland:Dublin|Belgium:Brussels|Iceland:Reykjavik|"
        "Czechia:Prague|Slovakia:Bratislava|Croatia:Zagreb|Serbia:Belgrade|Bulgaria:Sofia|"
        "Romania:Bucharest|Ukraine:Kyiv|Estonia:Tallinn|Latvia:Riga|Lithuania:Vilnius|"
        "Japan:Tokyo|China:Beijing|South Korea:Seoul|Thailand:Bangkok|Vietnam:Hanoi|India:New "
        "Delhi|Nepal:Kathmandu|Indonesia:Jakarta|Philippines:Manila|Malaysia:Kuala Lumpur|"
        "Mongolia:Ulaanbaatar|Iran:Tehran|Iraq:Baghdad|Jordan:Amman|Lebanon:Beirut|"
        "Turkey:Ankara|Egypt:Cairo|Morocco:Rabat|Tunisia:Tunis|Algeria:Algiers|Kenya:Nairobi|"
        "Ethiopia:Addis Ababa|Ghana:Accra|Nigeria:Abuja|Senegal:Dakar|Uganda:Kampala|"
        "Rwanda:Kigali|Zambia:Lusaka|Angola:Luanda|Namibia:Windhoek|Botswana:Gaborone|"
        "Canada:Ottawa|Mexico:Mexico City|Cuba:Havana|Jamaica:Kingston|Panama:Panama City|"
        "Costa Rica:San Jose|Colombia:Bogota|Venezuela:Caracas|Ecuador:Quito|Peru:Lima|"
        "Chile:Santiago|Argentina:Buenos Aires|Uruguay:Montevideo|Paraguay:Asuncion|"
        "Brazil:Brasilia|Australia:Canberra|New Zealand:Wellington|Fiji:Suva|Georgia:Tbilisi|"
        "Armenia:Yerevan|Azerbaijan:Baku|Uzbekistan:Tashkent|Qatar:Doha|Oman:Muscat|"
        "Kuwait:Kuwait City|Bahrain:Manama",
        "|",
    )
)
FAMOUS_CITIES = pieces(
    "New York|Los Angeles|Chicago|Denver|Toronto|Vancouver|Mexico City|Havana|Bogota|Lima|Caracas|"
    "Sao Paulo|Santiago|Montevideo|London|Dublin|Lisbon|Madrid|Paris|Brussels|Amsterdam|Berlin|"
    "Zurich|Vienna|Rome|Prague|Warsaw|Budapest|Athens|Oslo|Stockholm|Copenhagen|Helsinki|Moscow|"
    "Istanbul|Bucharest|Sofia|Belgrade|Zagreb|Cairo|Lagos|Nairobi|Johannesburg|Casablanca|Tunis|"
    "Algiers|Accra|Dubai|Tehran|Baghdad|Riyadh|Jerusalem|Beirut|Karachi|Kabul|Kolkata|Kathmandu|"
    "Dhaka|Bangkok|Jakarta|Manila|Singapore|Hong Kong|Shanghai|Taipei|Seoul|Tokyo|Sydney|Melbourne|"
    "Brisbane|Perth|Adelaide|Auckland|Honolulu|Reykjavik|Anchorage|Phoenix|Detroit|Halifax",
    "|",
)
COUNTRIES = tuple(country for country, _ in CAPITALS)
CITIES = tuple(sorted({*FAMOUS_CITIES, *(city for _, city in CAPITALS)}))
DAYS = pieces("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
STREETS = pieces("Oak Maple Mill Station Church Garden Harbour Bridge Castle Lake Park River")
COMPANY_STEMS = pieces(
    "Alder Bright Cedar Delta Ember Falcon Granite Harbor Indigo Juniper Keystone Lumen Maple "
    "North Orchid Pioneer Quarry River Summit Tidal Umber Vertex Willow Zenith"
)
COMPANY_ENDS = pieces("Analytics Foods Group Labs Logistics Media Motors Systems Textiles Works")
PRODUCTS = pieces(
    "lamp,desk,backpack,kettle,notebook,headset,monitor,bicycle,camera,blanket,printer,keyboard,"
    "jacket,teapot,speaker,tripod",
    ",",
)
LANGUAGES = pieces(
    "Arabic Bengali Czech Danish Dutch English Finnish French German Greek Hebrew Hindi Hungarian "
    "Italian Japanese Korean Norwegian Polish Portuguese Romanian Russian Spanish Swahili Swedish "
    "Thai Turkish Ukrainian Vietnamese"
)
ADJECTIVES = pieces(
    "amber blue bold brisk broad calm clean clear copper daily early fresh gentle golden green "
    "happy hidden icy large late light local lucky lunar misty modern narrow north open orange "
    "plain proud quick quiet rapid red ripe round rustic scarlet sharp shiny silent silver "
    "simple small soft solar steady sunny tall tidy urban velvet vivid warm weekly white wide "
    "wild winter yellow"
)
NOUNS = pieces(
    "anchor apple archive bakery balloon beacon bridge budget cabin calendar canyon castle cloud "
    "coffee compass coral dashboard desert engine falcon festival forest fountain garden glacier "
    "harbor harvest island journal kitchen ladder lantern library lighthouse market meadow mirror "
    "mountain museum notebook ocean orchard otter palace parrot pebble pepper planet puzzle rabbit "
    "river rocket school shadow signal spring stadium station storm summer sunset survey temple "
    "thunder tiger tower train tunnel valley village violin voyage window workshop"
)
TOPICS = pieces(
    "solar panels,urban gardening,battery recycling,remote work,coffee trade,ocean currents,"
    "electric buses,bread baking,language learning,bird migration,home insulation,sleep habits,"
    "city planning,wind energy,public libraries,chess openings,rail freight,food waste,wool prices,"
    "open data,bee keeping,data privacy,water storage,air quality,night trains,bike lanes,"
    "school meals,forest fires,rice farming,glass recycling,heat pumps,museum funding,jazz history,"
    "steel production,tea ceremonies,mountain rescue,online exams,fair trade,desert plants,"
    "house prices",
    ",",
)
TOPIC_SCOPES = pieces(
    "in Europe,in Asia,in Africa,in South America,in small towns,for beginners,since 2010,"
    "since 2020,by country,by year,in winter,in summer,for schools,at home,on islands,in big "
    "cities",
    ",",
)
SUBJECTS = pieces(
    "the team,the client,our supplier,the new intern,the finance office,the night shift,the driver,"
    "the design group,the landlord,the support desk,the editor,the board,the lab,the school,"
    "the kitchen staff,the sales team",
    ",",
)
PREDICATES = pieces(
    "approved the plan,needs more time,sent the invoice,found a bug,moved the meeting,likes "
    "the draft,ordered new chairs,closed the ticket,signed the contract,asked for a refund,"
    "booked a room,tested the release,lost the keys,changed the password,finished the report,"
    "missed the train,updated the budget,prefers the blue version,shipped the parcel,repaired "
    "the printer",
    ",",
)
WHENS = pieces(
    "today,yesterday,this morning,last night,on Monday,on Tuesday,on Wednesday,on Thursday,on "
    "Friday,last week,this week,before lunch,after the call,in March,in June,in October",
    ",",
)
CHANGE_VERBS = pieces(
    "Add Clean Document Fix Improve Move Refactor Remove Rename Simplify Test Update"
)
CHANGE_THINGS = pieces(
    "login page,search index,user settings,error messages,date parser,cache keys,upload form,"
    "retry logic,readme,build script,test data,api client,menu layout,payment flow,log format,"
    "export job,image loader,session timeout,sort order,config loader,color theme,unit tests,"
    "database schema,email template",
    ",",
)
CHANGE_KINDS = pieces("feature fix hotfix docs chore release test refactor")
FOLDERS = pieces(
    ".config .github .vscode app assets backup build config core data docs drafts examples "
    "exports images invoices lib logs media notes notebooks photos projects public reports "
    "scripts shared src static templates tests tools web"
)
FILE_STEMS = pieces(
    "agenda api budget cart changelog chart client contacts credits customers draft events "
    "forecast guide history index inventory invoice items layout letter main map measurements "
    "meeting menu model notes orders outline parser payments plan poem prices profile queue "
    "recipes results roadmap routes sales schedule server settings summary survey tasks team "
    "todo users utils weather"
)
EXTENSIONS = pieces("csv html js json log md py sql toml txt xml yaml")
PLAIN_FILES = pieces(
    "README.md Dockerfile Makefile LICENSE README NOTICE Procfile Jenkinsfile CODEOWNERS .env "
    ".gitignore .editorconfig .dockerignore setup.py package.json pyproject.toml Cargo.toml go.mod "
    "index.html requirements.txt tox.ini"
)
MEDIA_EXTENSIONS = pieces("gif jpg mp3 png svg wav webp")
TABLES = pieces(
    "accounts bookings books cities customers deliveries employees events flights hotels invoices "
    "members movies orders parts patients payments products projects ratings rooms sales sensors "
    "shipments songs students suppliers tickets trips vehicles"
)
COLUMNS = pieces(
    "amount city code country created_at customer_id discount email height id name owner phone "
    "price quantity rating size stock status title total weight year"
)
DOMAINS = pieces(
    "atlas bluebird cloudberry daylight evergreen fieldnotes greenleaf harborview inkwell "
    "jasmine kingfisher lakeside moonrise northwind openroad papertrail quicksand riverbend "
    "starling treetop upland vineyard westgate yellowfin"
)
TOP_LEVELS = pieces("com org net io dev info")
PAGES = pieces(
    "about blog careers catalog contact download events faq gallery guide help jobs news pricing "
    "press products research shop status team"
)
ENTITY_TYPES = pieces(
    "person,company,project,city,book,product,event,tool,team,language,museum,festival,course,"
    "animal,plant,vehicle,song,sport",
    ",",
)
RELATIONS = pieces(
    "works_at lives_in knows manages owns likes uses wrote founded visited teaches supports "
    "belongs_to depends_on reports_to married_to studied_at invested_in competes_with created"
)
COMMANDS = (
    "ls -la",
    "git status",
    "npm test",
    "make build",
    "df -h",
    "python main.py",
    "cat notes.txt",
)
CURRENCIES = pieces(
    "USD EUR GBP JPY CHF SEK NOK DKK PLN CZK HUF AUD CAD NZD INR CNY BRL MXN ZAR KRW"
)
COLORS = pieces("red blue green orange purple black white gray brown pink teal navy olive maroon")
UNITS = pieces("meters feet miles kilometers grams pounds liters gallons inches ounces celsius")
TAGS = pieces(
    "urgent,later,travel,family,finance,health,ideas,reading,recipes,research,school,shopping,"
    "work,garden,music,review,waiting,archive",
    ",",
)
SYLLABLES = pieces("bel cor dan fil gor hul jan kel lom mar nor pol quin rin sol tar vel wim zor")
UNUSUAL_NAMES = pieces(
    "résumé,Übersicht,señal,my notes,report (final),naïve plan,東京,q&a,año,crème brûlée,to do,"
    "v1.0-beta",
    ",",
)
UNUSUAL_TAILS = (
    ' with "quotes" inside',
    " \u2013 café & crème",
    " (50 % off!)",
    " at the Köln office",
    " and naïve résumés",
    ": part 2 of 3",
    " 東京",
    " / draft #7",
    ", señor",
    "; see §4",
)
