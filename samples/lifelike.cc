#include "samples/lifelike.h"

#include <array>

namespace tidemark::samples {
namespace {

using Names = std::string_view[];

constexpr Names zh_stems = {"深圳市华信", "上海申通", "北京中科",     "广州南粤",
                            "杭州云栖",   "成都天府", "苏州工业园区", "武汉光谷",
                            "南京金陵",   "厦门海沧", "青岛海尔路",   "宁波东方",
                            "珠海横琴",   "西安高新", "重庆两江",     "天津滨海"};
constexpr Names zh_ends = {"科技有限公司",     "贸易有限公司",       "信息技术股份有限公司",
                           "电子商务有限公司", "供应链管理有限公司", "实业集团有限公司",
                           "机电设备有限公司", "食品有限公司"};
constexpr Names zh_family = {"王", "李", "张", "刘", "陈",   "杨",   "黄",   "赵",
                             "吴", "周", "徐", "孙", "欧阳", "司马", "诸葛", "龘"};
constexpr Names zh_given = {"伟", "芳", "娜", "秀英", "敏", "静",   "强",   "磊",
                            "洋", "艳", "勇", "军",   "杰", "婷婷", "建国", "雨桐"};
constexpr Names zh_cities = {"深圳市", "上海市", "北京市", "广州市",
                             "杭州市", "成都市", "苏州市", "武汉市"};
constexpr Names zh_streets = {"南山区科技园南路",     "浦东新区张江路", "海淀区中关村大街",
                              "天河区珠江新城华夏路", "余杭区文一西路", "高新区天府大道",
                              "工业园区星湖街",       "洪山区珞喻路"};
constexpr Names zh_remarks = {
    "订单号见附件，款到发货", "本合同项下第二期款项",   "含安装及调试服务", "请于收票后30日内付款",
    "样品另行结算",           "按月结算，对账单已确认", "“双十一”活动订单", "收件人：财务部"};
constexpr Goods zh_goods[] = {{"办公用复印纸 A4 70g", "BG-A4-70", "RM", false, 1850, 2890},
                              {"笔记本电脑 14英寸 16GB", "NB-14-16", "H87", false, 399900, 899900},
                              {"技术服务费", "FW-JS", "HUR", true, 30000, 120000},
                              {"不锈钢螺栓 M8×40", "LS-M8-40", "H87", false, 35, 180},
                              {"西湖龙井 明前特级", "CY-LJ-01", "KGM", true, 80000, 360000},
                              {"无线鼠标", "SB-WX-2", "H87", false, 3900, 15900},
                              {"云服务器租用（月）", "YF-ECS-M", "MON", false, 9900, 259900},
                              {"快递运输服务", "YS-KD", "E48", false, 800, 6500},
                              {"大米 东北五常", "LY-DM-25", "KGM", true, 600, 1500},
                              {"LED平板灯 600×600", "ZM-LED-60", "H87", false, 6800, 16800},
                              {"增值电信业务信息服务", "XX-ICP", "MON", false, 50000, 300000},
                              {"会议室茶歇套餐", "CY-CX", "SET", false, 2800, 9800}};

constexpr Names de_stems = {"Müller",   "Schröder & Söhne",  "Weiß",  "Bäcker",     "Nordlicht",
                            "Rheintal", "Großhandel Köhler", "Jäger", "Alpenblick", "Fürst",
                            "Hanse",    "Löwenstein"};
constexpr Names de_ends = {"GmbH", "AG", "GmbH & Co. KG", "e. K.", "KG", "UG (haftungsbeschränkt)"};
constexpr Names de_family = {"Müller", "Schmidt", "Schneider", "Fischer", "Weber",
                             "Jäger",  "Groß",    "Köhler",    "Böhm",    "Özdemir"};
constexpr Names de_given = {"Anna",  "Jürgen", "Lukas",    "Käthe",
                            "Björn", "Sabine", "Matthias", "Zoë"};
constexpr Names de_cities = {"Berlin",  "München",  "Köln",  "Düsseldorf",
                             "Hamburg", "Nürnberg", "Lübeck"};
constexpr Names de_streets = {"Hauptstraße",        "Königsallee",  "Am Mühlbach",
                              "Dietmar-Hopp-Allee", "Goethestraße", "Lindenweg"};
constexpr Names de_remarks = {"Zahlbar innerhalb von 14 Tagen ohne Abzug",
                              "Lieferung frei Haus",
                              "Gemäß Angebot vom Vormonat",
                              "Steuerschuldnerschaft beachten",
                              "2 % Skonto bei Zahlung binnen 7 Tagen",
                              "Vielen Dank für Ihren Auftrag"};
constexpr Goods de_goods[] = {{"Bürostuhl „Komfort Plus“", "BS-4711", "H87", false, 14900, 48900},
                              {"Wartung der Heizungsanlage", "WT-HZ", "HUR", true, 6500, 9800},
                              {"Kopierpapier A4, 80 g/m²", "KP-A4-80", "RM", false, 389, 699},
                              {"Schraube DIN 933 M8×40", "DIN933-M8", "H87", false, 8, 45},
                              {"Kaffee, ganze Bohne", "KF-GB", "KGM", true, 1190, 2490},
                              {"Softwarelizenz, jährlich", "SW-LIZ-J", "ANN", false, 11900, 149900},
                              {"Transportkosten", "TR-DE", "C62", false, 1500, 9500},
                              {"Stahlrohr Ø 42,4 mm", "SR-424", "MTR", true, 790, 1890},
                              {"Fräsarbeiten nach Zeichnung", "FR-Z", "HUR", true, 7200, 11500},
                              {"Reinigungsmittel 10 l", "RM-10", "CAN", false, 1890, 3990}};

constexpr Names fr_stems = {"Établissements Lefèvre",    "Boulangerie Béranger",
                            "Société Générale du Léman", "Château Noël",
                            "Françoise & Fils",          "L’Atelier",
                            "Côte d’Azur Négoce",        "Maison Garçon"};
constexpr Names fr_ends = {"SARL", "SAS", "SA", "SASU", "SCOP", "EURL"};
constexpr Names fr_family = {"Lefèvre", "Bernard",  "Béranger", "Durand",
                             "Noël",    "François", "Gérard"};
constexpr Names fr_given = {"Zoé", "Émile", "Hélène", "Jérôme", "Anaïs", "Benoît", "Cécile"};
constexpr Names fr_cities = {"Paris", "Besançon", "Orléans", "Nîmes", "Lyon", "Saint-Étienne"};
constexpr Names fr_streets = {"rue de l’Église", "avenue des Champs-Élysées",
                              "boulevard Saint-Michel", "place du Marché", "quai des Orfèvres"};
constexpr Names fr_remarks = {"Paiement à 30 jours fin de mois", "Franco de port",
                              "Pas d’escompte pour paiement anticipé", "Selon devis accepté",
                              "Indemnité forfaitaire pour frais de recouvrement : 40 €"};
constexpr Goods fr_goods[] = {{"Prestation de conseil", "PC-J", "DAY", true, 45000, 98000},
                              {"Vin de Bordeaux, caisse de 6", "VB-6", "CS", false, 4200, 19800},
                              {"Fromage affiné 18 mois", "FR-18", "KGM", true, 1650, 3250},
                              {"Étagère métallique 5 niveaux", "ET-5N", "H87", false, 5990, 14990},
                              {"Hébergement web, forfait mensuel", "HW-M", "MON", false, 990, 8990},
                              {"Câble réseau catégorie 6", "CR-6", "MTR", true, 85, 240},
                              {"Crème hydratante 50 ml", "CH-50", "H87", false, 1290, 4590},
                              {"Frais de dossier", "FD", "C62", false, 1500, 7500}};

constexpr Names en_stems = {"Harbour",    "Northwind", "Riverside", "Blue Anchor",
                            "Oakfield",   "Summit",    "Pioneer",   "Evergreen",
                            "Kingfisher", "Granite",   "O’Brien",   "Lakeside"};
constexpr Names en_ends = {"Ltd",       "Inc.",       "LLC",          "Trading Co.",
                           "Group plc", "& Sons Ltd", "Partners LLP", "Pte. Ltd."};
constexpr Names en_family = {"Smith", "Jones",  "Patel", "O’Connor", "Tan",
                             "Lee",   "García", "Novak", "Nguyễn",   "Brontë"};
constexpr Names en_given = {"Oliver",  "Amelia", "Priya", "Wei Ling",
                            "Siobhán", "James",  "Chloë", "Ahmad"};
constexpr Names en_cities = {"Springfield", "Bristol",      "Portland", "Leeds",
                             "Singapore",   "Kuala Lumpur", "Dublin",   "Austin"};
constexpr Names en_streets = {"High Street",   "Station Road", "Orchard Road",
                              "Market Street", "Jalan Ampang", "5th Avenue"};
constexpr Names en_remarks = {
    "Payment due within 30 days",       "Goods remain our property until paid",
    "PO number required on remittance", "Delivered as agreed",
    "Thank you for your business",      "Quote £ or € account as shown"};
constexpr Goods en_goods[] = {
    {"Consulting services", "CONS-H", "HUR", true, 8500, 22500},
    {"White hanging heart T-light holder", "85123A", "H87", false, 255, 495},
    {"Ergonomic keyboard", "KB-ERG", "H87", false, 4999, 14999},
    {"Annual software subscription", "SUB-Y", "ANN", false, 9900, 249900},
    {"Freight and handling", "FRT", "C62", false, 750, 18500},
    {"Palm oil, refined", "PO-REF", "TNE", true, 88000, 125000},
    {"Copper pipe 15 mm", "CP-15", "MTR", true, 420, 980},
    {"Cotton bag, printed “Tide”", "CB-PR", "H87", false, 85, 395},
    {"Cloud storage, per month", "CLD-M", "MON", false, 500, 45000},
    {"Assorted biscuits, case", "BSC-24", "CS", false, 1899, 5299}};

constexpr Names ja_stems = {"東京商事", "大阪電機",     "日本精密", "富士テクノ",
                            "京都工芸", "北海道フーズ", "さくら",   "髙島"};
constexpr Names ja_ends = {"株式会社", "合同会社", "有限会社"};
constexpr Names ja_family = {"佐藤", "鈴木", "高橋", "田中", "渡邉", "伊藤", "山本", "齋藤"};
constexpr Names ja_given = {"翔太", "陽菜", "健一", "美咲", "大輔", "さくら"};
constexpr Names ja_cities = {"東京都千代田区", "大阪市北区", "京都市中京区", "札幌市中央区",
                             "横浜市西区"};
constexpr Names ja_streets = {"丸の内", "梅田", "烏丸通", "大通西", "みなとみらい"};
constexpr Names ja_remarks = {"お支払期限：翌月末日", "振込手数料はご負担ください",
                              "納品書番号をご確認ください", "軽減税率対象品目を含みます"};
constexpr Goods ja_goods[] = {{"ノートパソコン", "NP-13", "H87", false, 98000, 248000},
                              {"保守サービス（月額）", "HS-M", "MON", false, 15000, 90000},
                              {"宇治抹茶 100g", "UM-100", "H87", false, 1200, 5400},
                              {"精密ネジ M3", "NJ-M3", "H87", false, 3, 25},
                              {"システム開発費", "SK-H", "HUR", true, 8000, 16000},
                              {"送料", "SR", "C62", false, 500, 2200}};

constexpr Words zh{zh_stems,   zh_ends,    zh_family, zh_given, zh_cities,
                   zh_streets, zh_remarks, zh_goods,  true};
constexpr Words de{de_stems,  de_ends,    de_family,  de_given,
                   de_cities, de_streets, de_remarks, de_goods};
constexpr Words fr{fr_stems,  fr_ends,    fr_family,  fr_given,
                   fr_cities, fr_streets, fr_remarks, fr_goods};
constexpr Words en{en_stems,  en_ends,    en_family,  en_given,
                   en_cities, en_streets, en_remarks, en_goods};
constexpr Words ja{ja_stems,   ja_ends,    ja_family, ja_given, ja_cities,
                   ja_streets, ja_remarks, ja_goods,  true};

using Rates = std::uint32_t[];
constexpr Rates cn_rates = {1300, 600, 900, 300, 0};
constexpr Rates de_rates = {1900, 700, 0};
constexpr Rates fr_rates = {2000, 1000, 550, 210};
constexpr Rates gb_rates = {2000, 500, 0};
constexpr Rates us_rates = {825, 0, 625};
constexpr Rates jp_rates = {1000, 800};
constexpr Rates sg_rates = {900, 0};
constexpr Rates my_rates = {800, 600, 0};
constexpr Rates nl_rates = {2100, 900, 0};
constexpr Rates at_rates = {2000, 1000, 1300};
constexpr Rates ie_rates = {2300, 1350, 0};
constexpr Rates ch_rates = {810, 260};
constexpr Rates hk_rates = {0};
constexpr Rates kw_rates = {0};

constexpr auto all = std::to_array<Country>({
    {"CN", 46, "CNY", 2, cn_rates, "9144", 14, "", "4420", 12, &zh},
    {"DE", 12, "EUR", 2, de_rates, "DE", 9, "RE-", "-", 7, &de},
    {"US", 9, "USD", 2, us_rates, "", 9, "INV-", "-", 8, &en},
    {"FR", 7, "EUR", 2, fr_rates, "FR", 11, "FA", "-", 7, &fr},
    {"GB", 6, "GBP", 2, gb_rates, "GB", 9, "SI", "/", 7, &en},
    {"JP", 5, "JPY", 0, jp_rates, "T", 13, "請求書", "-", 8, &ja},
    {"SG", 4, "SGD", 2, sg_rates, "20", 8, "SG/INV/", "/", 6, &en},
    {"MY", 3, "MYR", 2, my_rates, "C", 10, "MY-", "-", 8, &en},
    {"NL", 2, "EUR", 2, nl_rates, "NL", 9, "F", ".", 7, &en},
    {"AT", 2, "EUR", 2, at_rates, "ATU", 8, "AR ", "-", 7, &de},
    {"CH", 1, "CHF", 2, ch_rates, "CHE", 9, "CH-", "-", 7, &de},
    {"IE", 1, "EUR", 2, ie_rates, "IE", 7, "IE-", "-", 7, &en},
    {"HK", 1, "HKD", 2, hk_rates, "", 8, "HK", "-", 8, &zh},
    {"KW", 1, "KWD", 3, kw_rates, "", 9, "KW-", "-", 7, &en},
});

}  // namespace

std::span<const Country> countries() { return all; }

}  // namespace tidemark::samples
